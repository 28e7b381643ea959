// Walks a list to its end.
export async function* pages(server, path, options) {
  for (let next = path; next !== null;) {
    const page = await server.get(next, {status: 200, ...options});
    yield page;
    next = page.json.next;
  }
}

export async function everything(server, path, options) {
  const items = [];
  for await (const page of pages(server, path, options)) items.push(...page.json.items);
  return items;
}
