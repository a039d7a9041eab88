// Sort, filter, search, choose columns, pin and export the big tables; the state is in the URL.
// It only reorders and hides what the page holds: ranks, shades and texts stay as they were built.
(() => {
  "use strict";
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const isShown = (node) => getComputedStyle(node).display !== "none";
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const texts = (nodes) => Array.from(nodes, (node) => node.textContent).join(" ");
  const small = (cell) => texts(cell.querySelectorAll("small"));

  // What a cell says, without small print, notes, glyphs and pins.
  function plain(cell) {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll("small, .note, .pin, [aria-hidden]").forEach((node) => node.remove());
    return copy.textContent.trim();
  }

  // The parts of a table that the functions below share. Rows stay in the order of the build.
  function tableOf(box) {
    const find = (selector) => Array.from(box.querySelectorAll(selector));
    const heads = find("thead th");
    const sorted = heads.find((head) => head.ariaSort);
    return {
      box, heads, find,
      prefix: box.id + ".",
      fullPage: box.dataset.full,
      body: find("tbody")[0],
      rows: find("tbody tr"),
      search: find("input[type=search]")[0],
      facets: find("select"),
      choices: find(".columns input"),
      headOf: (key) => heads.find((head) => head.dataset.key === key),
      built: sorted && { head: sorted, down: sorted.ariaSort === "descending" },
      state: blank(),
    };
  }

  const blank = () => ({ sort: null, q: "", facets: {}, show: new Set(), hide: new Set(), pins: new Set() });

  // Only the full page can sort and filter a table of which this page holds the first rows.
  const needsFullPage = ({ fullPage, state }) =>
    fullPage && (state.sort || state.q || Object.keys(state.facets).length);

  function readState({ prefix, headOf, facets, choices, rows }) {
    const query = new URLSearchParams(location.search);
    const values = (name) => query.getAll(prefix + name);
    const state = blank();
    const [sort = ""] = values("sort");
    const head = headOf(sort.replace(/^-/, ""));
    if (head?.dataset.type) state.sort = { head, down: sort.startsWith("-") };
    [state.q = ""] = values("q");
    for (const { dataset: { facet }, options } of facets) {
      const [value] = values("f." + facet);
      if (value && Array.from(options).some((option) => option.value === value)) state.facets[facet] = value;
    }
    for (const { value } of choices) {
      for (const name of ["show", "hide"]) if (values(name).includes(value)) state[name].add(value);
    }
    for (const { dataset: { id } } of rows) if (values("pin").includes(id)) state.pins.add(id);
    return state;
  }

  function queryOf({ prefix, state }) {
    const query = new URLSearchParams(location.search);
    for (const name of Array.from(query.keys())) if (name.startsWith(prefix)) query.delete(name);
    const add = (name, value) => query.append(prefix + name, value);
    if (state.sort) add("sort", (state.sort.down ? "-" : "") + state.sort.head.dataset.key);
    if (state.q) add("q", state.q);
    for (const [facet, value] of Object.entries(state.facets)) add("f." + facet, value);
    state.show.forEach((key) => add("show", key));
    state.hide.forEach((key) => add("hide", key));
    state.pins.forEach((id) => add("pin", id));
    return String(query);
  }

  function restore(table) {
    table.state = readState(table);
    if (needsFullPage(table)) location.replace(table.fullPage + location.search + "#" + table.box.id);
    else draw(table);
  }

  function change(table, changes) {
    Object.assign(table.state, changes);
    const query = queryOf(table);
    if (needsFullPage(table)) return location.assign(`${table.fullPage}?${query}#${table.box.id}`);
    history.replaceState(null, "", (query ? "?" + query : location.pathname) + location.hash);
    draw(table);
  }

  function sortKey(cell, numeric) {
    const value = cell.dataset.v ?? plain(cell);
    return value === "" ? null : numeric ? Number(value) : value;
  }

  // Missing values go last in both directions; equal ones keep the order of the build.
  function inOrder({ rows, state: { sort, pins } }) {
    const order = rows.slice();
    if (sort) {
      const numeric = sort.head.dataset.type === "number";
      const key = new Map(rows.map((row) => [row, sortKey(row.cells[sort.head.cellIndex], numeric)]));
      order.sort((one, other) => {
        const [a, b] = [key.get(one), key.get(other)];
        if (a === null || b === null) return (a === null) - (b === null);
        return (numeric ? a - b : collator.compare(a, b)) * (sort.down ? -1 : 1);
      });
    }
    return order.sort((one, other) => pins.has(other.dataset.id) - pins.has(one.dataset.id));
  }

  function draw(table) {
    const { body, rows, state, search, facets, built, find } = table;
    const order = inOrder(table);
    const focused = document.activeElement;
    if (order.some((row, i) => row !== body.rows[i])) body.append(...order);
    if (body.contains(focused)) focused.focus({ preventScroll: true });
    const words = folded(state.q).split(/\s+/).filter(Boolean);
    for (const select of facets) select.value = state.facets[select.dataset.facet] ?? "";
    const chosen = facets.filter(({ value }) => value).length;
    for (const button of find(".filter")) button.textContent = chosen ? `Filters (${chosen})` : "Filters";
    for (const row of rows) {
      const pinned = state.pins.has(row.dataset.id);
      row.classList.toggle("pinned", pinned);
      row.querySelector(".pin").ariaPressed = String(pinned);
      row.hidden = !pinned && !row.classList.contains("first-stage") && !isWanted(row, facets, words);
    }
    search.value = state.q;
    drawColumns(table);
    drawSort(table, state.sort ?? built);
  }

  function isWanted(row, facets, words) {
    const places = (row.dataset.f ?? "").split(" ");
    if (!facets.every(({ selectedIndex }, i) => !selectedIndex || places[i] === String(selectedIndex - 1))) return false;
    if (!words.length) return true;
    const text = folded(texts(row.querySelectorAll(".t")));
    return words.every((word) => text.includes(word));
  }

  function drawColumns({ choices, headOf, rows, state }) {
    for (const input of choices) {
      const head = headOf(input.value);
      for (const [name, keys] of [["on", state.show], ["off", state.hide]]) {
        if (head.classList.contains(name) === keys.has(input.value)) continue;
        for (const { cells } of [head.parentNode, ...rows]) cells[head.cellIndex].classList.toggle(name);
      }
      input.checked = isShown(head);
    }
  }

  function drawSort({ heads, rows, box, find }, sort) {
    for (const head of heads) head.ariaSort = head !== sort?.head ? null : sort.down ? "descending" : "ascending";
    const count = `${rows.filter((row) => !row.hidden).length} of ${box.dataset.total} rows`;
    const by = sort ? `, sorted by ${plain(sort.head)}, ${sort.head.ariaSort}` : "";
    const [status] = find(".shown");
    if (status.textContent === count + by) return;
    status.replaceChildren(count, make("span", { className: "unseen", textContent: by }));
  }

  // A spreadsheet takes a text that starts with one of these for a formula; a number is harmless.
  function field(text, mayBeNumber) {
    const number = text.replace("\u2212", "-");
    if (mayBeNumber && /^[+-]?\d+(\.\d+)?$/.test(number)) return number;
    const safe = /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  // Rows and columns as they are shown; small print gets a column of its own.
  function csvOf({ body, heads }) {
    const rows = Array.from(body.rows).filter((row) => !row.hidden);
    const lines = [[], ...rows.map(() => [])];
    for (const head of heads) {
      if (!isShown(head) || head.classList.contains("whisker")) continue;
      const cells = rows.map((row) => row.cells[head.cellIndex]);
      const hasMore = cells.some(small);
      const about = `${plain(head)} (${small(head) || "more"})`;
      lines[0].push(field(small(head) && !hasMore ? about : plain(head)), ...(hasMore ? [field(about)] : []));
      cells.forEach((cell, i) => {
        const text = plain(cell);
        lines[i + 1].push(text === "\u2013" ? "" : field(text, head.dataset.type === "number"));
        if (hasMore) lines[i + 1].push(field(small(cell), true));
      });
    }
    return lines.map((line) => line.join(",") + "\r\n").join("");
  }

  function download(text, name) {
    const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    make("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
  }

  function addSorting(table) {
    for (const head of table.heads.filter(({ dataset }) => dataset.type)) {
      const label = head.querySelector(".head");
      const button = make("button", { type: "button", className: "head" });
      head.dataset.label = label.textContent.trim(); // what a button holds is not repeated on paper
      button.append(...label.childNodes);
      label.replaceWith(button);
      button.addEventListener("click", () => {
        const now = table.state.sort ?? table.built;
        const down = now?.head === head ? !now.down : head.dataset.first === "descending";
        change(table, { sort: { head, down } });
      });
    }
  }

  function addPins(table) {
    for (const row of table.rows) {
      const [cell] = row.querySelectorAll("th");
      const pin = make("button", { type: "button", className: "pin", ariaLabel: `Pin ${plain(cell)} to the top` });
      cell.ariaLabel = cell.textContent.trim(); // the row's name does not say its button
      cell.prepend(pin);
      pin.addEventListener("click", () => {
        const { pins } = table.state;
        if (!pins.delete(row.dataset.id)) pins.add(row.dataset.id);
        change(table);
      });
    }
  }

  function addTools(table) {
    const { search, facets, find, fullPage, box } = table;
    // A cut table leads to another page, so there a search waits until it is typed in full.
    search.addEventListener(fullPage ? "change" : "input", () => change(table, { q: search.value }));
    for (const select of facets) {
      select.addEventListener("change", () => {
        const chosen = facets.filter(({ value }) => value);
        change(table, { facets: Object.fromEntries(chosen.map((s) => [s.dataset.facet, s.value])) });
      });
    }
    // A narrow screen folds the filters away; on a wide one the button is not there.
    for (const button of find(".filter")) {
      button.addEventListener("click", () => {
        button.ariaExpanded = String(find(".filters")[0].classList.toggle("open"));
      });
    }
    find(".csv")[0].addEventListener("click", () => download(csvOf(table), box.id + ".csv"));
    find(".reset")[0].addEventListener("click", () => change(table, blank()));
  }

  function addColumns(table) {
    const [chooser] = table.find(".columns");
    chooser.addEventListener("toggle", () => drawColumns(table));
    chooser.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !chooser.open) return;
      chooser.open = false;
      chooser.querySelector("summary").focus();
    });
    const closeUnless = (inside) => {
      if (inside && !chooser.contains(inside)) chooser.open = false;
    };
    chooser.addEventListener("focusout", ({ relatedTarget }) => closeUnless(relatedTarget));
    document.addEventListener("pointerdown", ({ target }) => closeUnless(target));
    for (const input of table.choices) input.addEventListener("change", () => choose(table, input));
  }

  // A choice is kept only where it differs from what a screen of this width shows anyway.
  function choose(table, input) {
    const { checked, value } = input;
    const { show, hide } = table.state;
    show.delete(value);
    hide.delete(value);
    drawColumns(table);
    if (input.checked !== checked) (checked ? show : hide).add(value);
    change(table);
  }

  for (const box of document.querySelectorAll(".grid")) {
    const table = tableOf(box);
    for (const add of [addSorting, addPins, addTools, addColumns, restore]) add(table);
    addEventListener("popstate", () => restore(table));
  }

  // A table that needs no sideways scrolling can keep its head in sight (see 30-tables.css).
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const box = target.closest(".scroll");
      box.classList.toggle("fits", box.scrollWidth <= box.clientWidth);
    }
  });
  document.querySelectorAll(".grid .scroll, .grid table").forEach((part) => watch.observe(part));
})();
