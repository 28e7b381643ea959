// How an agreement stands, for the terms that the model test uses: whole days, no renewals, no extensions.
const DAY = 86_400_000;

export const plus = (day, days) => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

const startOf = (body) => body.effective_on ?? body.concluded_on;

// What ends it, the earliest first; on one day in this order: {last, status, basis}.
function endOf(body, successors) {
  const successor = successors.filter((each) => each.stage === 'concluded').map(startOf).filter(Boolean).sort()[0];
  const ends = [];
  if (successor) ends.push({last: plus(successor, -1), status: 'superseded', basis: 'supersession'});
  if (body.termination?.effective_on) ends.push({last: plus(body.termination.effective_on, -1), status: 'terminated', basis: 'termination'});
  if (body.ends_on) ends.push({last: body.ends_on, status: 'expired', basis: 'term'});
  return ends.sort((one, other) => (one.last < other.last ? -1 : one.last > other.last ? 1 : 0))[0];
}

function statusOn(body, successors, day) {
  if (body.stage !== 'concluded') return body.stage;
  if (!startOf(body)) return 'unknown';
  const end = endOf(body, successors);
  if (end && end.last < day) return end.status;
  return startOf(body) > day ? 'signed' : 'in_force';
}

function nextChange(body, successors, today) {
  const now = statusOn(body, successors, today);
  const end = endOf(body, successors);
  const days = [startOf(body), end && plus(end.last, 1)];
  const on = days.filter((day) => day > today).sort().find((day) => statusOn(body, successors, day) !== now);
  return on ? {on, status: statusOn(body, successors, on)} : null;
}

function twoYearsAfter(day) {
  return `${Number(day.slice(0, 4)) + 2}${day.slice(4)}`;
}

function flagsOf(body, successors, today, status) {
  const flags = [];
  const inForce = status === 'in_force';
  const end = endOf(body, successors);
  if ((inForce || status === 'signed') && end && plus(today, 180) >= end.last) flags.push('expiring');
  if ((inForce || status === 'signed') && end && end.basis !== 'term') flags.push('ending');
  const endless = !end && !body.open_ended && (inForce || status === 'signed');
  if (endless) flags.push('end_unknown');
  if (inForce && twoYearsAfter(startOf(body)) <= today) flags.push('dormant');
  return flags;
}

// The derived members. `successors` are the bodies of the agreements that supersede or renew this one.
export function standing(body, successors, today) {
  const status = statusOn(body, successors, today);
  const flags = flagsOf(body, successors, today, status);
  const missing = status === 'unknown' ? ['effective_on', 'concluded_on', 'parties[].signed_on']
    : flags.includes('end_unknown') ? ['ends_on', 'term_months', 'open_ended'] : [];
  const end = endOf(body, successors);
  const basis = end ? end.basis : body.open_ended ? 'open_ended' : 'end_unknown';
  const period = status === 'in_force' ? {number: 1, starts_on: startOf(body), ends_on: end?.last ?? null, basis} : null;
  return {status, flags, missing, period, notice_on: null, notice_for: null, next_change: nextChange(body, successors, today)};
}
