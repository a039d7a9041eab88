// Sort, filter, search, choose columns, pin and export the big tables; the state is in the URL.
// It only reorders and hides what the page holds: ranks, shades and texts stay as they were built.
(() => {
  "use strict";
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const isShown = (element) => getComputedStyle(element).display !== "none";
  const element = (name, properties) => Object.assign(document.createElement(name), properties);
  const small = (cell) => Array.from(cell.querySelectorAll("small"), (s) => s.textContent).join(" ");

  // What a cell says, without small print, notes, glyphs and buttons.
  function plain(cell) {
    const copy = cell.cloneNode(true);
    for (const node of copy.querySelectorAll("small, .note, button, [aria-hidden]")) node.remove();
    return copy.textContent.trim();
  }

  // A spreadsheet takes a text that starts with one of these for a formula; a number is harmless.
  function field(text, mayBeNumber) {
    const number = text.replace("\u2212", "-");
    if (mayBeNumber && /^[+-]?\d+(\.\d+)?$/.test(number)) return number;
    const safe = /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return /[",\r\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  }

  class Grid {
    constructor(box) {
      this.box = box;
      this.body = box.querySelector("tbody");
      this.heads = Array.from(box.querySelectorAll("thead th"));
      this.rows = Array.from(this.body.rows, (row) => ({ row, id: row.dataset.id, keys: {} }));
      this.order = this.rows;
      this.search = box.querySelector("input[type=search]");
      this.facets = Array.from(box.querySelectorAll("select"));
      this.boxes = Array.from(box.querySelectorAll(".columns input"));
      this.status = box.querySelector(".shown");
      const sorted = this.heads.find((head) => head.hasAttribute("aria-sort"));
      this.built = sorted && { head: sorted, down: sorted.ariaSort === "descending" };
      this.addSorting();
      this.addPins();
      this.addTools();
      this.addColumns();
      this.restore();
    }

    blank() {
      return { sort: null, q: "", facets: {}, show: new Set(), hide: new Set(), pins: new Set() };
    }

    // -- the URL -----------------------------------------------------------------------------
    restore() {
      const query = new URLSearchParams(location.search);
      const all = (name) => query.getAll(`${this.box.id}.${name}`);
      const state = this.blank();
      const [sort = ""] = all("sort");
      const head = this.heads.find((h) => h.dataset.type && h.dataset.key === sort.replace(/^-/, ""));
      if (head) state.sort = { head, down: sort.startsWith("-") };
      state.q = all("q")[0] || "";
      for (const { dataset, options } of this.facets) {
        const [value] = all("f." + dataset.facet);
        if (value && Array.from(options).some((o) => o.value === value)) state.facets[dataset.facet] = value;
      }
      for (const name of ["show", "hide"]) {
        const keys = all(name);
        for (const { value } of this.boxes) if (keys.includes(value)) state[name].add(value);
      }
      const pins = all("pin");
      for (const { id } of this.rows) if (pins.includes(id)) state.pins.add(id);
      this.state = state;
      if (this.box.dataset.full && this.needsAll()) location.replace(this.fullPage(query));
      else this.draw();
    }

    query() {
      const { state } = this;
      const prefix = this.box.id + ".";
      const query = new URLSearchParams(location.search);
      for (const name of Array.from(query.keys())) if (name.startsWith(prefix)) query.delete(name);
      if (state.sort) query.set(prefix + "sort", (state.sort.down ? "-" : "") + state.sort.head.dataset.key);
      if (state.q) query.set(prefix + "q", state.q);
      for (const [key, value] of Object.entries(state.facets)) query.set(prefix + "f." + key, value);
      for (const key of state.show) query.append(prefix + "show", key);
      for (const key of state.hide) query.append(prefix + "hide", key);
      for (const id of state.pins) query.append(prefix + "pin", id);
      return query;
    }

    needsAll() {
      return this.state.sort || this.state.q || Object.keys(this.state.facets).length;
    }

    fullPage(query) {
      return `${this.box.dataset.full}?${query}#${this.box.id}`;
    }

    change() {
      const query = this.query();
      if (this.box.dataset.full && this.needsAll()) {
        location.assign(this.fullPage(query));
        return;
      }
      this.draw();
      const text = String(query);
      history.replaceState(null, "", (text ? "?" + text : location.pathname) + location.hash);
    }

    // -- drawing the state -------------------------------------------------------------------
    draw() {
      const { state } = this;
      const focused = document.activeElement;
      const wanted = this.sorted();
      if (wanted.some((item, i) => item !== this.order[i])) {
        this.body.append(...wanted.map((item) => item.row));
        this.order = wanted;
        if (this.body.contains(focused)) focused.focus({ preventScroll: true });
      }
      const words = folded(state.q).split(/\s+/).filter(Boolean);
      for (const item of this.rows) this.drawRow(item, words);
      const sort = state.sort || this.built;
      for (const head of this.heads) {
        if (sort && head === sort.head) head.ariaSort = sort.down ? "descending" : "ascending";
        else head.removeAttribute("aria-sort");
      }
      this.search.value = state.q;
      for (const select of this.facets) select.value = state.facets[select.dataset.facet] || "";
      this.drawColumns();
      this.say(sort);
    }

    drawRow(item, words) {
      const { row } = item;
      const pinned = this.state.pins.has(item.id);
      row.classList.toggle("pinned", pinned);
      row.querySelector(".pin").ariaPressed = String(pinned);
      const always = pinned || row.classList.contains("first-stage");
      row.hidden = !always && !(this.isChosen(row) && (!words.length || this.hasWords(item, words)));
    }

    isChosen(row) {
      return Object.entries(this.state.facets).every(([k, v]) => row.getAttribute("data-f-" + k) === v);
    }

    hasWords(item, words) {
      item.text ??= folded(Array.from(item.row.querySelectorAll(".t"), (c) => c.textContent).join(" "));
      return words.every((word) => item.text.includes(word));
    }

    sorted() {
      const { sort, pins } = this.state;
      const rows = this.rows.slice();
      if (sort) {
        const at = sort.head.cellIndex;
        const numeric = sort.head.dataset.type === "number";
        for (const item of rows) if (!(at in item.keys)) item.keys[at] = this.key(item.row.cells[at], numeric);
        rows.sort(({ keys: { [at]: a } }, { keys: { [at]: b } }) => {
          if (a === null || b === null) return (a === null) - (b === null);
          const difference = numeric ? a - b : collator.compare(a, b);
          return sort.down ? -difference : difference;
        });
      }
      const isPinned = (item) => pins.has(item.id);
      return [...rows.filter(isPinned), ...rows.filter((item) => !isPinned(item))];
    }

    key(cell, numeric) {
      const value = cell.dataset.v ?? plain(cell);
      return value === "" ? null : numeric ? Number(value) : value;
    }

    drawColumns() {
      const { show, hide } = this.state;
      for (const input of this.boxes) {
        const head = this.heads.find((h) => h.dataset.key === input.value);
        const on = show.has(input.value);
        const off = hide.has(input.value);
        if (head.classList.contains("on") !== on || head.classList.contains("off") !== off) {
          for (const row of [head.parentNode, ...this.body.rows]) {
            row.cells[head.cellIndex].classList.toggle("on", on);
            row.cells[head.cellIndex].classList.toggle("off", off);
          }
        }
        input.checked = isShown(head);
      }
    }

    say(sort) {
      const shown = this.rows.filter((item) => !item.row.hidden).length;
      const text = `${shown} of ${this.box.dataset.total} rows`;
      const by = sort ? `, sorted by ${plain(sort.head) || sort.head.textContent}, ${sort.head.ariaSort}` : "";
      if (this.status.textContent !== text + by) {
        this.status.replaceChildren(text, element("span", { className: "unseen", textContent: by }));
      }
    }

    // -- controls ----------------------------------------------------------------------------
    addSorting() {
      for (const head of this.heads.filter((h) => h.dataset.type)) {
        const label = head.querySelector(".head");
        const button = element("button", { type: "button", className: "head", textContent: label.textContent });
        label.replaceWith(button);
        button.addEventListener("click", () => {
          const now = this.state.sort || this.built;
          const down = now && now.head === head ? !now.down : head.dataset.first === "descending";
          this.state.sort = { head, down };
          this.change();
        });
      }
    }

    addPins() {
      for (const { row, id } of this.rows) {
        const cell = row.querySelector("th");
        const pin = element("button", { type: "button", className: "pin", ariaPressed: "false" });
        pin.ariaLabel = `Pin ${plain(cell)} to the top`;
        cell.prepend(pin);
        pin.addEventListener("click", () => {
          if (!this.state.pins.delete(id)) this.state.pins.add(id);
          this.change();
        });
      }
    }

    addTools() {
      // A cut table leads to another page, so there a search waits until it is typed in full.
      this.search.addEventListener(this.box.dataset.full ? "change" : "input", () => {
        this.state.q = this.search.value;
        this.change();
      });
      for (const select of this.facets) {
        select.addEventListener("change", () => {
          delete this.state.facets[select.dataset.facet];
          if (select.value) this.state.facets[select.dataset.facet] = select.value;
          this.change();
        });
      }
      this.box.querySelector(".reset").addEventListener("click", () => {
        this.state = this.blank();
        this.change();
      });
      this.box.querySelector(".csv").addEventListener("click", () => this.export());
    }

    addColumns() {
      const chooser = this.box.querySelector(".columns");
      const close = () => { chooser.open = false; };
      chooser.addEventListener("toggle", () => this.drawColumns());
      chooser.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !chooser.open) return;
        close();
        chooser.querySelector("summary").focus();
      });
      chooser.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !chooser.contains(event.relatedTarget)) close();
      });
      document.addEventListener("pointerdown", (event) => {
        if (!chooser.contains(event.target)) close();
      });
      for (const input of this.boxes) input.addEventListener("change", () => this.choose(input));
    }

    // A choice is kept only where it differs from what the screen's width shows anyway.
    choose({ value, checked }) {
      const { show, hide } = this.state;
      show.delete(value);
      hide.delete(value);
      this.drawColumns();
      if (isShown(this.heads.find((h) => h.dataset.key === value)) !== checked) (checked ? show : hide).add(value);
      this.change();
    }

    // -- export ------------------------------------------------------------------------------
    export() {
      const rows = Array.from(this.body.rows).filter((row) => !row.hidden);
      const lines = [[], ...rows.map(() => [])];
      for (const head of this.heads) {
        if (!isShown(head) || head.classList.contains("whisker")) continue;
        const cells = rows.map((row) => row.cells[head.cellIndex]);
        const name = head.querySelector(".head").textContent;
        const hasSmall = cells.some(small);
        const about = small(head) ? `${name} (${small(head)})` : name;
        lines[0].push(field(hasSmall ? name : about, false));
        if (hasSmall) lines[0].push(field(about === name ? `${name} (more)` : about, false));
        cells.forEach((cell, i) => {
          const text = plain(cell);
          lines[i + 1].push(text === "\u2013" ? "" : field(text, head.dataset.type === "number"));
          if (hasSmall) lines[i + 1].push(field(small(cell), true));
        });
      }
      const csv = lines.map((line) => line.join(",") + "\r\n").join("");
      const href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
      element("a", { href, download: this.box.id + ".csv" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 10000);
    }
  }

  const grids = Array.from(document.querySelectorAll(".grid"), (box) => new Grid(box));
  addEventListener("popstate", () => grids.forEach((grid) => grid.restore()));

  // A table that needs no sideways scrolling can keep its head in sight (see 30-tables.css).
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const box = target.closest(".scroll");
      box.classList.toggle("fits", box.scrollWidth <= box.clientWidth);
    }
  });
  for (const part of document.querySelectorAll(".grid .scroll, .grid table")) watch.observe(part);
})();
