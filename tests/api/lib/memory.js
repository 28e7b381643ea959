// How much memory a process has used at most. Sanitizers keep several times as much.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';

const MOST_MIB = 256;
const SANITIZED_MIB = 2048;

export const isSanitized = (pid) => /lib[at]san\./.test(readFileSync(`/proc/${pid}/maps`, 'utf8'));

export const peakMiB = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

export function assertModest(pid, after) {
  const most = isSanitized(pid) ? SANITIZED_MIB : MOST_MIB;
  const used = peakMiB(pid);
  assert.ok(used < most, `after ${after} the process has used ${used.toFixed(0)} MiB, where ${most} are its most`);
}
