// Waits for a condition, never for a time.
export async function until(condition, what, limit = 30_000) {
  const end = Date.now() + limit;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${limit} ms in vain: ${what}`);
    await new Promise((next) => setTimeout(next, 5));
  }
}
