// Calendars as calendar programs read them (ical.js), and a plain model of which events there are to be.
import assert from 'node:assert/strict';
import ICAL from 'ical.js';

const DAY = 86_400_000;
const LAST = '2999-12-31';
export const dayAfter = (day) => new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString().slice(0, 10);

// Half a year before: the same day of the month, or its last.
export function halfYearBefore(day) {
  const [year, month, date] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - 6, 0)).getUTCDate(); // of the month six before
  return new Date(Date.UTC(year, month - 7, Math.min(date, last))).toISOString().slice(0, 10);
}

// {uid: day} of the events that these documents of agreements ask for.
export function expectedDays(agreements) {
  const days = {};
  for (const {id, period, notice_on: notice} of agreements) {
    if (!period?.ends_on || period.ends_on > LAST) continue;
    const review = halfYearBefore(period.ends_on);
    if (review >= period.starts_on) days[`${id}-review`] = review;
    if (notice) days[`${id}-notice`] = notice;
    days[`${id}-end`] = period.ends_on;
  }
  return days;
}

// What the RFC says of the bytes, whoever reads them.
function holdBytes({bytes, text}) {
  assert.ok(text.endsWith('END:VCALENDAR\r\n'), 'it is whole');
  assert.ok(!/[^\r]\n|\r[^\n]/.test(text), 'lines end in CR LF');
  for (const line of text.split('\r\n')) {
    assert.ok(Buffer.byteLength(line) <= 75, `a line of ${Buffer.byteLength(line)} bytes`);
    assert.doesNotMatch(line, /[\x00-\x08\x0b-\x1f\x7f\ufffd]/, 'no control characters, no character cut');
  }
  assert.ok(bytes.length > 0);
}

// {name, events: [{uid, day, until, summary, description, sequence, modified, alarms}]} in their order.
export function readCalendar(answer) {
  holdBytes(answer);
  const root = new ICAL.Component(ICAL.parse(answer.text));
  assert.deepEqual([root.name, root.getFirstPropertyValue('version'), root.getFirstPropertyValue('method')], ['vcalendar', '2.0', 'PUBLISH']);
  const events = root.getAllSubcomponents('vevent').map((component) => {
    const event = new ICAL.Event(component);
    assert.ok(event.startDate.isDate && event.endDate.isDate, 'all-day');
    const alarms = component.getAllSubcomponents('valarm').map((alarm) => {
      assert.deepEqual([alarm.getFirstPropertyValue('action'), alarm.getFirstPropertyValue('description')], ['DISPLAY', event.summary]);
      return alarm.getFirstPropertyValue('trigger').toSeconds() / 3600;
    });
    assert.equal(component.getFirstPropertyValue('transp'), 'TRANSPARENT');
    return {
      uid: event.uid, day: event.startDate.toString(), until: event.endDate.toString(), summary: event.summary, description: event.description,
      sequence: event.sequence, modified: component.getFirstPropertyValue('last-modified').toString(), alarms,
    };
  });
  assert.equal(new Set(events.map(({uid}) => uid)).size, events.length, 'no UID comes twice');
  return {name: root.getFirstPropertyValue('x-wr-calname'), events};
}

export const daysOf = ({events}) => Object.fromEntries(events.map(({uid, day}) => [uid, day]));
