// Programs under measurement: started, asked, stopped.
import { execFile, spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)

// Runs a program to its end; what it printed.
export const output = async (file, args) => (await run(file, args, { maxBuffer: 1 << 26 })).stdout

// Starts a server and waits for its line `listening on http://…`; `readyMs` is how long that took. Its log goes to a file, as it would.
export async function startServer(file, args, log) {
  const started = performance.now()
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', openSync(log, 'a')] })
  const exited = once(child, 'exit')
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => text),
    exited.then(([code]) => Promise.reject(new Error(`${file} ended with ${code}; see ${log}`))),
  ])
  const readyMs = performance.now() - started
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }
  return { port: Number(line.split(':').at(-1)), pid: child.pid, readyMs, stop }
}

export const residentMiB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

// Without a token the server takes everybody for its admin (--insecure-no-auth).
export async function get(server, token, path) {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return answer
}

// The counters of /metrics that have no labels.
export async function metrics(server, token) {
  const text = await (await get(server, token, '/metrics')).text()
  return Object.fromEntries([...text.matchAll(/^(entente_\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]))
}

// Asks for the lines of a file for so long (load.c).
export async function loadWith(program, server, token, requests, { post, status = 200, seconds, connections, from = 0 }) {
  const flags = ['--port', server.port, '--token', token, '--connections', connections, '--seconds', seconds, '--status', status]
  const result = JSON.parse(await output(program, [...flags, ...(post ? ['--post', post, '--from', from] : []), requests]))
  if (result.errors > 0) throw new Error(`${requests}: ${result.errors} of ${result.requests} answers were not ${status}`)
  return result
}
