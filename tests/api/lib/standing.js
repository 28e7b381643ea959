// How an agreement stands, for the terms that the model test uses: whole days, no renewals, no extensions.
const DAY = 86_400_000;

export const plus = (day, days) => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

const startOf = (body) => body.effective_on ?? body.concluded_on;

function statusOn(body, successors, day) {
  if (body.stage !== 'concluded') return body.stage;
  if (successors.some((each) => each.stage === 'concluded' && startOf(each) && startOf(each) <= day)) return 'superseded';
  if (body.termination?.effective_on && body.termination.effective_on <= day) return 'terminated';
  if (!startOf(body)) return 'unknown';
  if (startOf(body) > day) return 'signed';
  return !body.ends_on || day <= body.ends_on ? 'in_force' : 'expired';
}

function nextChange(body, successors, today) {
  const now = statusOn(body, successors, today);
  const days = [startOf(body), body.termination?.effective_on, body.ends_on && plus(body.ends_on, 1), ...successors.map(startOf)];
  const on = days.filter((day) => day > today).sort().find((day) => statusOn(body, successors, day) !== now);
  return on ? {on, status: statusOn(body, successors, on)} : null;
}

function twoYearsAfter(day) {
  return `${Number(day.slice(0, 4)) + 2}${day.slice(4)}`;
}

function flagsOf(body, successors, today, status) {
  const flags = [];
  const inForce = status === 'in_force';
  if (inForce && body.ends_on && plus(today, 180) >= body.ends_on && statusOn(body, successors, plus(body.ends_on, 1)) !== 'superseded') flags.push('expiring');
  const endless = !body.ends_on && !body.open_ended && (inForce || status === 'signed');
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
  const basis = body.ends_on ? 'term' : body.open_ended ? 'open_ended' : 'end_unknown';
  const period = status === 'in_force' ? {number: 1, starts_on: startOf(body), ends_on: body.ends_on, basis} : null;
  return {status, flags, missing, period, notice_on: null, next_change: nextChange(body, successors, today)};
}
