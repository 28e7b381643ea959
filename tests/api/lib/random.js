// Random choices that a seed repeats (mulberry32).
export class Random {
  constructor(seed) { this.state = seed >>> 0; }

  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit) { return Math.floor(this.next() * limit); }
  chance(probability) { return this.next() < probability; }
  pick(list) { return list[this.below(list.length)]; }

  // Some of the list, each at most once, in random order.
  some(list, most) {
    const rest = [...list];
    return Array.from({length: Math.min(this.below(most + 1), rest.length)}, () => rest.splice(this.below(rest.length), 1)[0]);
  }
}
