// The first page: signs in with a token (from the link's fragment, or typed), and lists the agreements with how they stand.
// The token stays in this tab; what the server sends is only ever set as text.
const byId = (id) => document.getElementById(id);
const signIn = byId("sign-in"), message = byId("message"), registry = byId("registry"), rows = byId("agreements");
let next = null;

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

const signedOut = (text) => {
  sessionStorage.removeItem("token");
  signIn.hidden = false;
  registry.hidden = byId("sign-out").hidden = true;
  message.textContent = text;
};

const load = async (address) => {
  const token = sessionStorage.getItem("token");
  const answer = await fetch(address, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  const body = await answer.json();
  if (answer.status === 401) return signedOut(token ? body.detail : "Sign in to see the registry.");
  if (!answer.ok) return void (message.textContent = `${body.title}: ${body.detail ?? ""}`);
  rows.append(...body.items.map(row));
  next = body.next;
  signIn.hidden = true;
  registry.hidden = byId("sign-out").hidden = false;
  byId("more").hidden = next === null;
  message.textContent = rows.children.length === 0 ? "No agreements yet." : "";
};

const begin = () => {
  rows.replaceChildren();
  load("/v1/agreements?limit=100").catch(() => (message.textContent = "The server does not answer."));
};

signIn.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", byId("token").value.trim());
  byId("token").value = "";
  begin();
});
byId("more").addEventListener("click", () => load(next));
byId("sign-out").addEventListener("click", () => signedOut("Signed out."));

const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname);
}
begin();
