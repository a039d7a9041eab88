// Two systems side by side. Every figure and verdict was computed when the page was built; where
// nothing was paired, the two figures are compared by their intervals, and no more.
(() => {
  "use strict";
  const place = document.getElementById("compare");
  if (!place) return;
  const { root, apart, together, unknown } = place.dataset;
  const find = (selector) => place.querySelector(selector);
  const status = find(".status");
  const found = find(".found");
  const sides = ["a", "b"].map((name) => ({
    name,
    system: find(`[name=${name}]`),
    revision: find(`[name=${name}-revision]`),
  }));
  const systems = new Map();
  const waiting = new Map();
  let index = null;
  let turn = 0;

  function make(name, properties = {}, ...children) {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  }

  // The files below data/systems are classic scripts that call this, so that they load from disk.
  window.marginbenchCompare = (data) => {
    if (data.kind === "index") index = data;
    else systems.set(data.id, data);
  };

  // Names come from the index alone: what a query string says never becomes an address.
  function load(name) {
    if (!waiting.has(name)) {
      waiting.set(name, new Promise((done, failed) => {
        const script = make("script", { src: `${root}data/systems/${name}.js` });
        script.addEventListener("load", done);
        script.addEventListener("error", () => {
          waiting.delete(name);
          failed(new Error(`The data of ${name} could not be loaded.`));
        });
        document.head.append(script);
      }));
    }
    return waiting.get(name);
  }

  const entryOf = (id) => index.systems.find(([known]) => known === id);

  function fillSystems() {
    for (const { system } of sides) {
      const options = index.systems.map(([id, name]) => make("option", { value: id }, `${name} (${id.split("__")[0]})`));
      system.append(...options);
    }
  }

  function fillRevisions({ revision, system }, wanted) {
    const entry = entryOf(system.value);
    revision.disabled = !entry;
    if (!entry) return revision.replaceChildren(make("option", { value: "" }, "\u2013"));
    const [, , current, revisions] = entry;
    revision.replaceChildren(...revisions.map(([id, date, state]) => {
      const words = [id, date, id === current ? "current" : "", state].filter(Boolean);
      return make("option", { value: id }, words.join(", "));
    }));
    revision.value = revisions.some(([id]) => id === wanted) ? wanted : current;
  }

  const isCurrent = ({ system, revision }) => entryOf(system.value)[2] === revision.value;

  function readState() {
    const query = new URLSearchParams(location.search);
    for (const side of sides) {
      const [id, revision] = (query.get(side.name) ?? "").split("/");
      side.system.value = entryOf(id) ? id : "";
      fillRevisions(side, revision);
    }
    draw();
  }

  function writeState() {
    const query = new URLSearchParams(location.search);
    for (const side of sides) {
      query.delete(side.name);
      const { value } = side.system;
      if (value) query.set(side.name, isCurrent(side) ? value : `${value}/${side.revision.value}`);
    }
    const text = String(query).replaceAll("%2F", "/");
    history.replaceState(null, "", (text ? "?" + text : location.pathname) + location.hash);
  }

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  async function draw() {
    const mine = ++turn;
    const chosen = sides.filter(({ system }) => system.value);
    found.replaceChildren();
    if (chosen.length < 2) return say(chosen.length ? "Choose a second system." : "");
    try {
      await Promise.all(chosen.map(({ system }) => load(system.value)));
    } catch ({ message }) {
      return mine === turn && say(message);
    }
    if (mine === turn) show(...sides.map(revisionOf));
  }

  function revisionOf({ name, system, revision }) {
    const data = systems.get(system.value);
    const made = data.revisions[revision.value];
    return {
      ...made,
      letter: name.toUpperCase(),
      id: `${data.id}/${revision.value}`,
      name: data.name,
      revision: revision.value,
      system: data.page,
      values: new Map(made.runs.map(([key, ...values]) => [key, values])),
    };
  }

  const fill = (sentence, one, other) => sentence.replace("{one}", one).replace("{other}", other);

  // Values and bounds are turned so that higher is better. The difference has an interval of its own:
  // whether the two meet says nothing. The same as surely_better in board/ranks.py.
  const isBetter = ([, , low, , value], [, , , otherHigh, other]) =>
    value - other > Math.hypot(value - low, otherHigh - other);

  function byIntervals(ours, theirs) {
    if (ours[2] === null || theirs[2] === null) return { word: "cannot tell", sentence: unknown };
    if (isBetter(theirs, ours)) return { word: "better", sentence: fill(apart, "B", "A") };
    if (isBetter(ours, theirs)) return { word: "worse", sentence: fill(apart, "A", "B") };
    return { word: "cannot tell", sentence: together };
  }

  function rowsOf(a, b) {
    const paired = new Map((a.pairs[b.id] ?? []).map(([key, ...values]) => [key, values]));
    const rows = [];
    for (const [key, ours] of a.values) {
      const theirs = b.values.get(key);
      if (!theirs) continue;
      const [word, sentence, gap, difference, interval, flips, rule] = paired.get(key) ?? [];
      const said = word ? { word, sentence } : byIntervals(ours, theirs);
      rows.push({ key, ours, theirs, gap: gap ?? null, difference, interval, flips, rule, paired: Boolean(word), ...said });
    }
    const title = ({ key }) => index.works[key][0];
    const apartFirst = ({ paired: isPaired, word }) => (isPaired || word === "cannot tell" ? 1 : 0);
    return rows.sort((one, other) => {
      if (one.gap !== null && other.gap !== null && one.gap !== other.gap) return one.gap < other.gap ? 1 : -1;
      if ((one.gap === null) !== (other.gap === null)) return one.gap === null ? 1 : -1;
      return apartFirst(one) - apartFirst(other) || (title(one) < title(other) ? -1 : 1);
    });
  }

  function show(a, b) {
    if (a.id === b.id) return say("A and B are the same revision: choose two.");
    const rows = rowsOf(a, b);
    say(summary(rows, a, b));
    found.append(facts(a, b));
    if (rows.length) found.append(table(rows, a, b));
    found.append(...left(a, b));
  }

  function summary(rows, a, b) {
    if (!rows.length) return `${a.name} and ${b.name} have no task in common.`;
    const order = ["worse", "better", "same", "cannot tell", "incomplete"];
    const counts = order
      .map((word) => [word, rows.filter((row) => row.word === word).length])
      .filter(([, count]) => count)
      .map(([word, count]) => `${word} on ${count}`);
    if (rows.length === 1) return `B against A on the one task in common: ${rows[0].word}.`;
    return `B against A on ${rows.length} tasks in common: ${counts.join(", ")}.`;
  }

  function facts(a, b) {
    const list = make("dl", { className: "facts" });
    for (const side of [a, b]) {
      const about = make("dd", {},
        make("a", { href: root + side.system }, side.name), ", ",
        make("a", { href: root + side.page }, side.revision));
      if (side.standing) about.append(" ", make("span", { className: "quiet" }, side.standing));
      list.append(make("div", {}, make("dt", {}, side.letter), about));
    }
    return list;
  }

  const small = (text) => make("small", {}, text);
  const withSmall = (text, more) => (more ? [text, " ", small(more)] : [text]);
  const figure = (children) => make("td", { className: "figure" }, ...children);

  function table(rows, a, b) {
    const heads = [
      ["Task"], ["Verdict on B"], ["B \u2212 A", "", "figure"], ["A", a.name, "figure"], ["B", b.name, "figure"],
      ["Items", "won by B, lost by B"],
    ];
    const head = make("tr", {}, ...heads.map(([text, more, className = ""]) =>
      make("th", { scope: "col", className }, ...withSmall(text, more))));
    const caption = make("caption", { id: "compared" },
      make("span", {}, "Primary metric of each task, in points where no unit stands with it, intervals below; largest paired difference first"));
    const made = make("table", { className: "plain" }, caption, make("thead", {}, head), make("tbody", {}, ...rows.map(rowOf)));
    const box = make("div", { className: "scroll", role: "group", tabIndex: 0 }, made);
    box.setAttribute("aria-labelledby", "compared");
    return box;
  }

  function rowOf({ key, ours, theirs, difference, interval, flips, rule, paired, word, sentence }) {
    const [title, , page, name, about, definition] = index.works[key];
    const metric = about ? make("a", { className: "metric", href: root + definition }, make("abbr", { title: about }, name)) : name;
    const quiet = (text) => make("span", { className: "quiet" }, text);
    const verdict = make("span", { className: `verdict ${word.replace(" ", "-")}` }, word);
    return make("tr", {},
      make("th", { scope: "row" }, make("a", { href: root + page }, title), " ", small(metric)),
      make("td", { className: "say" }, verdict, " ", small(sentence)),
      figure(difference ? withSmall(difference, interval) : [quiet(paired ? "\u2013" : "not paired")]),
      ...[ours, theirs].map(([text, bounds, , , , reason]) => figure(withSmall(text, bounds || reason))),
      make("td", { className: "flips" }, ...(flips ? withSmall(flips, rule) : [quiet(paired ? "not counted" : "not paired")])));
  }

  // Tasks that one side alone was run on, or that both did on other data.
  function left(a, b) {
    const lines = [];
    for (const [side, other] of [[a, b], [b, a]]) {
      const titles = Array.from(side.values.keys()).filter((key) => !other.values.has(key)).map((key) => index.works[key][0]);
      if (titles.length) lines.push(`Only ${side.letter}, or on other data or candidates: ${titles.join(", ")}.`);
    }
    if (a.cut || b.cut) lines.push("Some results were left out here to keep this page small; data/board.csv has all values.");
    return lines.map((text) => make("p", { className: "quiet measure" }, text));
  }

  for (const side of sides) {
    side.system.addEventListener("change", () => {
      fillRevisions(side);
      writeState();
      draw();
    });
    side.revision.addEventListener("change", () => {
      writeState();
      draw();
    });
  }
  find(".swap").addEventListener("click", () => {
    const [a, b] = sides.map(({ system, revision }) => [system.value, revision.value]);
    [b, a].forEach(([system, revision], i) => {
      sides[i].system.value = system;
      fillRevisions(sides[i], revision);
    });
    writeState();
    draw();
  });
  load("index").then(() => {
    fillSystems();
    addEventListener("popstate", readState);
    readState();
  }, ({ message }) => say(message));
})();
