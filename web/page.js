// The first page: signs in with a token (from the link's fragment, or typed), says who is signed in, and lists the agreements with
// how they stand. The token is exchanged for a cookie that no script can read, and kept nowhere; `csrf` is the word that the
// server wants to hear with every write by that cookie. What the server sends is only ever set as text.
const byId = (id) => document.getElementById(id);
const signIn = byId("sign-in"), message = byId("message"), registry = byId("registry"), rows = byId("agreements");
let next = null, csrf = "";

const cell = (text, className) => {
  const td = document.createElement("td");
  td.textContent = text ?? "";
  if (className) td.className = className;
  return td;
};

const statusCell = (agreement) => {
  const td = document.createElement("td"), mark = document.createElement("span");
  mark.className = `status ${agreement.status}`;
  mark.textContent = agreement.status.replaceAll("_", " ");
  td.append(mark);
  if (agreement.flags.length > 0) td.append(` ${agreement.flags.join(", ").replaceAll("_", " ")}`);
  return td;
};

const row = (agreement) => {
  const tr = document.createElement("tr");
  tr.append(
    cell(agreement.title), cell(agreement.parties.map((party) => party.organization.name).join(" – ")), statusCell(agreement),
    cell(agreement.concluded_on, "day"), cell(agreement.period?.ends_on ?? agreement.ends_on, "day"), cell(agreement.notice_on, "day"));
  return tr;
};

// -- asking the server --------------------------------------------------------------------------------------------------------

// The header comes with every request, whether the word is known or not: it tells the server that a page asks, which has a form
// of its own and wants no window of the browser's.
const once = async (method, address, body) => {
  const headers = { "X-CSRF-Token": csrf };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(address, { method, headers, body: body && JSON.stringify(body) });
  return { ok: answer.ok, status: answer.status, body: answer.status === 204 ? null : await answer.json() };
};

// Another tab may have signed in anew, and the word be another since.
const ask = async (method, address, body) => {
  const answer = await once(method, address, body);
  if (answer.body?.type !== "/problems/cross-site") return answer;
  const session = await once("GET", "/v1/session");
  csrf = session.body.csrf ?? "";
  return session.ok ? once(method, address, body) : session;
};

const complaint = ({ title, detail }) => (detail ? `${title}: ${detail}.` : `${title}.`);
const trying = (work) => work.catch(() => (message.textContent = "The server does not answer."));

// -- who is there -------------------------------------------------------------------------------------------------------------

const signedOut = (text) => {
  csrf = "";
  rows.replaceChildren();
  signIn.hidden = false;
  registry.hidden = byId("caller").hidden = true;
  message.textContent = text;
};

const first = "/v1/agreements?limit=100";

const show = (page) => {
  rows.append(...page.items.map(row));
  next = page.next;
  registry.hidden = false;
  byId("more").hidden = next === null;
};

const load = async (address) => {
  const { ok, status, body } = await ask("GET", address);
  if (status === 401) return signedOut(complaint(body));
  if (!ok) return void (message.textContent = complaint(body));
  show(body);
  if (signIn.hidden) message.textContent = rows.children.length === 0 ? "No agreements yet." : "";
};

// Some servers let everybody read what is public.
const beNobody = async (text) => {
  signedOut(text);
  const { ok, body } = await once("GET", first);
  if (!ok) return;
  show(body);
  message.textContent = `${text} This is what is public.`;
};

const signedIn = (session) => {
  csrf = session.csrf ?? "";
  byId("name").textContent = session.name;
  byId("role").textContent = session.role;
  byId("sign-out").hidden = !session.csrf;
  byId("caller").hidden = false;
  signIn.hidden = true;
  rows.replaceChildren();
  return load(first);
};

const enter = async (token) => {
  const { ok, body } = await once("POST", "/v1/session", { token });
  return ok ? signedIn(body) : signedOut(complaint(body));
};

const leave = async () => {
  const { ok, status, body } = await ask("DELETE", "/v1/session");
  if (!ok && status !== 401) return void (message.textContent = complaint(body));
  await beNobody("Signed out.");
  byId("token").focus();
};

// A link that signs in has its token behind the #, which is taken out of the address before anything else happens.
const begin = async () => {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) history.replaceState(null, "", location.pathname);
  const { ok, status, body } = await once("GET", "/v1/session");
  // Any page may lead here with a token of its own: what was done then would be done in another's name.
  if (token && (!ok || confirm(`You are signed in as ${body.name}. Sign in with the token of this link instead?`))) return enter(token);
  if (ok) return signedIn(body);
  return status === 401 ? beNobody("Sign in to see the registry.") : signedOut(complaint(body));
};

signIn.addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = byId("token").value.trim();
  byId("token").value = "";
  await trying(enter(token));
  (signIn.hidden ? byId("title") : byId("token")).focus();
});
byId("more").addEventListener("click", () => trying(load(next)));
byId("sign-out").addEventListener("click", () => trying(leave()));
addEventListener("hashchange", () => trying(begin()));
trying(begin());
