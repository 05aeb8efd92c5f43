import { paint } from "/chart.js";

const LOOKS = 120; // a minute at two a second, as the server keeps them
const EVENTS = 200;
const KINDS = {
  tcp: "plain sockets",
  thrift: "Apache Thrift",
  mux: "shared sockets",
};
const STATES = { up: "up", killed: "killed", stopped: "frozen", hung: "hangs" };

const byId = (id) => document.getElementById(id);
const token = document.querySelector("meta[name=demo-token]").content;
const looks = [];

// --- what comes ---

const stream = new EventSource("/events");
stream.addEventListener("look", (message) => look(JSON.parse(message.data)));
stream.addEventListener("happened", (message) => happened(JSON.parse(message.data)));
stream.addEventListener("bye", () => {
  stream.close();
  notice("The demo has ended.");
  document.querySelectorAll("button").forEach((button) => (button.disabled = true));
});
// The browser connects again by itself and then gets the last minute anew.
stream.addEventListener("open", () => {
  looks.length = 0;
  byId("log").replaceChildren();
});

function look(now) {
  looks.push(now);
  if (looks.length > LOOKS) looks.shift();
  byId("answers").textContent = now.answers.toLocaleString("en");
  byId("wrong").textContent = now.wrong.toLocaleString("en");
  byId("failed").textContent = now.lanes.reduce((sum, lane) => sum + lane.failed, 0).toLocaleString("en");
  byId("running").textContent = time(now.at);
  if (!now.lanes.length) return;
  now.lanes.forEach((lane, index) => show(lane, index));
}

function happened(event) {
  const item = document.createElement("li");
  const at = document.createElement("time");
  at.textContent = (event.at / 1000).toFixed(1) + " s";
  const text = document.createElement("span");
  text.textContent = event.text.replace(/^-> /, "\u2192 ");
  if (event.text.startsWith("-> ")) item.className = "pool";
  item.append(at, text);
  byId("log").prepend(item);
  if (byId("log").children.length > EVENTS) byId("log").lastElementChild.remove();
}

// --- one lane ---

function show(lane, index) {
  const card = byId("lanes").children[index] ?? newCard(lane);
  card.dataset.server = lane.server;
  card.querySelector(".state").textContent =
    lane.server === "killed" ? STATES.killed : `${STATES[lane.server]}, pid ${lane.pid}`;
  const history = looks.map((one) => one.lanes[index]).filter(Boolean);
  showConnections(card, lane, history);
  charts(card, history, lane);
  card.querySelector(".failures").textContent = lane.failed
    ? `${lane.failed.toLocaleString("en")} calls failed, of which ${lane.maybeRun.toLocaleString("en")} may have been run`
    : "no call has failed";
  for (const button of card.querySelectorAll("[data-act]")) {
    const act = button.dataset.act;
    button.disabled = act !== "restart" && lane.server !== "up" && !(act === "kill" && lane.server !== "killed");
  }
  card.querySelector("[data-act=restart]").textContent =
    lane.server === "stopped" || lane.server === "hung" ? "Resume" : "Restart";
}

function newCard(lane) {
  const card = byId("lane").content.firstElementChild.cloneNode(true);
  card.id = `lane-${lane.name}`;
  card.querySelector("h2").textContent = lane.name;
  card.querySelector(".kind").textContent = KINDS[lane.name] ?? "";
  for (const button of card.querySelectorAll("[data-act]")) {
    button.setAttribute("aria-label", `${button.textContent} server ${lane.name}`);
    button.addEventListener("click", () => act(`${button.dataset.act}=${lane.name}`));
  }
  byId("lanes").append(card);
  return card;
}

const WORDS = { idle: "idle", leased: "leased", checking: "being checked", gone: "closed just now" };
const REMEMBERED = 4; // looks: two seconds

/** One box for each connection, with its number, and one for each that there might be. */
function showConnections(card, lane, history) {
  const known = new Map();
  for (const past of history.slice(-REMEMBERED)) {
    for (const one of past.connections) known.set(one.number, { ...one, state: "gone" });
  }
  for (const one of lane.connections) known.set(one.number, one);
  const boxes = [...known.values()]
    .sort((one, other) => one.number - other.number)
    .map(({ number, state, leases }) => [
      state,
      leases > 1 ? `${number}: ${leases} calls` : String(number),
      `connection ${number}, ${WORDS[state]}`,
    ]);
  for (let i = 0; i < lane.dialing; i++) boxes.push(["dialing", "\u2026", "being dialed"]);
  while (boxes.length < lane.maxActive) boxes.push(["", "", "none"]);
  const slots = card.querySelector(".slots");
  while (slots.children.length > boxes.length) slots.lastElementChild.remove();
  boxes.forEach(([kind, text, title], i) => {
    const slot = slots.children[i] ?? slots.appendChild(document.createElement("li"));
    slot.className = kind;
    slot.textContent = text;
    slot.title = title;
  });
  const parts = [];
  if (lane.dialing) parts.push(`${lane.dialing} being dialed`);
  if (lane.checking) parts.push(`${lane.checking} being checked`);
  parts.push(["nobody waits", "1 caller waits"][lane.pending] ?? `${lane.pending} callers wait`);
  card.querySelector(".queue").textContent = parts.join(", ");
}

// --- charts ---

function charts(card, history, lane) {
  const common = {
    length: LOOKS,
    count: history.length,
    trouble: history.map((one) => one.server !== "up"),
  };
  const figure = (name) => card.querySelector(`[data-chart=${name}]`);
  const values = (name) => history.map((one) => one[name]);
  const label = (of, key, text) => (of.querySelector(`.${key} b`).textContent = text);

  const connections = figure("connections");
  const leased = values("leased");
  const most = Math.max(lane.maxActive, ...values("total"), ...values("pending"));
  paint(connections, {
    ...common,
    scale: (value) => value / most,
    marks: [[most, String(most)], [0, "0"]],
    areas: [
      ["idle", history.map((one) => one.leased + one.idle), leased],
      ["leased", leased, leased.map(() => 0)],
    ],
    lines: [["total", values("total")], ["pending", values("pending")]],
  });
  for (const key of ["leased", "idle", "total", "pending"]) label(connections, key, lane[key]);

  const throughput = figure("throughput");
  const rates = values("perSecond");
  const fastest = round(Math.max(10, ...rates));
  paint(throughput, {
    ...common,
    scale: (value) => value / fastest,
    marks: [[fastest, fastest.toLocaleString("en")], [0, "0"]],
    areas: [["throughput", rates, rates.map(() => 0)]],
    lines: [["throughput", rates]],
  });
  label(throughput, "throughput", Math.round(lane.perSecond).toLocaleString("en"));

  const latency = figure("latency");
  const known = (name) => history.map((one) => (one.answered ? one[name] : null));
  // Equal steps for equal factors: a second and a millisecond both have their place.
  const factor = (millis) => Math.log10(Math.min(2000, Math.max(1, millis))) / Math.log10(2000);
  paint(latency, {
    ...common,
    scale: factor,
    marks: [[1000, "1 s"], [100, "100 ms"], [10, "10 ms"], [1, "1 ms"]],
    areas: [],
    lines: [["p99", known("p99")], ["p50", known("p50")]],
  });
  for (const key of ["p50", "p99"]) label(latency, key, lane.answered ? millis(lane[key]) : "\u2013");
}

/** Up to 1, 2 or 5 and noughts, so that the scale seldom changes. */
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

const millis = (value) => (value < 10 ? value.toFixed(1) : Math.round(value)) + " ms";

function time(millis) {
  const seconds = Math.floor(millis / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

// --- what goes ---

byId("script").addEventListener("click", () => act("script"));

async function act(what) {
  try {
    const reply = await fetch(`/act?${what}`, { method: "POST", headers: { "X-Demo-Token": token } });
    if (!reply.ok) notice(await reply.text());
  } catch {
    notice("The demo does not answer.");
  }
}

function notice(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = false;
}
