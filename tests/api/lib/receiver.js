// A receiver of webhooks on this machine, which ends with its file of tests.
import http from 'node:http';
import {after} from 'node:test';

export const closing = [];
after(() => closing.forEach((close) => close()));

// A receiver that keeps what comes, and answers what `answer(event, count)` says: a status, or {status, headers, body}; a promise
// keeps the sender waiting.
export async function receiver(answer = () => 204) {
  const got = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const event = {path: request.url, method: request.method, headers: request.headers, text, json: JSON.parse(text)};
      got.push(event);
      const wanted = await answer(event, got.length);
      const {status, headers = {}, body = ''} = typeof wanted === 'object' ? wanted : {status: wanted};
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const {port} = server.address();
  return {got, port, url: `http://127.0.0.1:${port}/hook`, slugs: () => got.map((each) => each.json.data.slug)};
}
