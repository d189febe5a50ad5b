"use strict";
// Everything here builds nodes and sets text; no markup is ever parsed from data.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.querySelector("#functions table");
  if (!table) return;
  const SVG = "http://www.w3.org/2000/svg";
  const bodies = [...table.tBodies];
  const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);

  const make = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const shape = (name, attributes, ...children) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const round = (value, digits = 1) => String(Number(value.toFixed(digits))).replace("-", "−");
  const signed = (value) => (value > 0 ? "+" : "") + round(value);
  const reason = (key) => data.reasons[Number(key)];
  const known = (value) => typeof value === "number";

  const show = (value, unit) => {
    if (value === null) return "absent";
    if (!known(value)) return "unknown: " + reason(value);
    switch (unit) {
      case "MB": return round(value) + " MB";
      case "BYTES": return value.toLocaleString("en") + " B";
      case "SECONDS": return round(value, 3) + " s";
      case "SHARE": return round(value * 100) + " %";
      case "DAYS": return round(value) + " days";
      case "USD": return "$" + value.toFixed(2);
      case "FLAG": return value ? "yes" : "no";
      default: return round(value, 2);
    }
  };
  const sides = (entry) => (Array.isArray(entry) ? entry : [entry, entry]);
  const quantity = (item, name) => sides(item.q[data.quantities.findIndex((row) => row[0] === name)] ?? null);

  // --- one function in full ---------------------------------------------------------------------
  const bar = (item, side, caption) => {
    const at = (name) => quantity(item, name)[side];
    const size = at("memory_size");
    if (!known(size) || size <= 0) return make("p", {}, `${caption}: memory ${show(size, "MB")}`);
    const peak = at("projected_peak"), upper = at("projected_peak_upper"), floor = at("floor");
    const growth = side === 1 && known(at("growth")) ? at("growth") : 0;
    const cold = item.b.cold;
    const parts = [];
    if (known(peak)) {
      const observed = peak - growth;
      const used = Math.min(peak, observed);
      if (known(cold) && cold < used) {
        parts.push(["c", 0, cold, "platform, runtime and imports at cold start"], ["u", cold, used, "workload: observed peak − cold start"]);
      } else parts.push(["u", 0, used, "observed peak"]);
      if (growth > 0) parts.push(["g", used, peak, "growth of this change"]);
      if (side === 1 && known(upper) && upper > peak) parts.push(["n", peak, upper, "how much more it may be"]);
    } else if (item.b.full) parts.push(["x", 0, size, `reported ${round(item.b.peak)} MB: full, what it needs is not known`]);
    const end = Math.max(size, known(upper) && side === 1 ? upper : 0, known(peak) ? peak : 0);
    const x = (value) => (Math.max(0, Math.min(end, value)) / end) * 1000;
    const drawing = shape("svg", { class: "b", viewBox: "0 0 1000 30", preserveAspectRatio: "none", "aria-hidden": "true" });
    for (const [kind, from, to] of parts) drawing.append(shape("rect", { class: kind, x: x(from), width: Math.max(0, x(to) - x(from)), height: 30 }));
    if (known(floor)) drawing.append(shape("path", { class: "f", d: `M${x(size - floor)} 0v30` }));
    if (end > size) drawing.append(shape("path", { class: "l", d: `M${x(size)} 0v30` }));
    const list = make("ul", { class: "seg" });
    for (const [kind, from, to, label] of parts) {
      list.append(make("li", {}, make("span", { class: kind }), kind === "x" ? label : `${label}: ${round(to - from)} MB`));
    }
    if (known(floor)) list.append(make("li", {}, make("span", { class: "l" }), `floor: ${round(floor)} MB must stay free`));
    return make("figure", { class: "big" }, make("figcaption", {}, caption), drawing,
      make("div", { class: "ends", "aria-hidden": "true" }, make("span", {}, "0"), make("span", {}, (end > size ? `limit ${round(size)}, bar ends at ${round(end)}` : round(size)) + " MB")), list);
  };

  const history = (item) => {
    const days = (item.b.days || []).map(([day, peak]) => [data.days[day], peak]);
    if (!days.length) return make("p", {}, "No daily peaks in the baseline.");
    const limit = item.b.size, values = days.map((day) => day[1]);
    const top = Math.max(limit, ...values);
    const drawing = shape("svg", { class: "b day", viewBox: `0 0 ${days.length * 10} 100`, preserveAspectRatio: "none", "aria-hidden": "true" });
    days.forEach(([day, peak], index) => {
      const height = (peak / top) * 100;
      drawing.append(shape("rect", { class: peak >= limit - 1 ? "d" : "u", x: index * 10 + 1, y: 100 - height, width: 8, height },
        shape("title", {}, `${day}: ${peak} MB`)));
    });
    drawing.append(shape("path", { class: "l", d: `M0 ${100 - (limit / top) * 100}H${days.length * 10}` }));
    const caption = `Peaks by day, ${days[0][0]} to ${days[days.length - 1][0]}: ${Math.min(...values)} to ${Math.max(...values)} MB; the line is the ${round(limit)} MB it had.`;
    const rows = days.map(([day, peak]) => make("tr", {}, make("th", { scope: "row" }, day), make("td", {}, `${peak} MB`)));
    return make("figure", { class: "big" }, make("figcaption", {}, caption), drawing,
      make("details", {}, make("summary", {}, "The same as a table"), make("table", {}, make("tbody", {}, ...rows))));
  };

  const attribution = (item) => {
    if (!item.g.by.length) return [];
    const most = Math.max(...item.g.by.map((entry) => Math.abs(entry[1])), 0.01);
    const rows = item.g.by.map(([name, size]) => {
      const drawing = shape("svg", { class: "b", viewBox: "0 0 100 9", preserveAspectRatio: "none", "aria-hidden": "true" },
        shape("rect", { class: size > 0 ? "g" : "u", width: (Math.abs(size) / most) * 100, height: 9 }));
      return make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, `${signed(size)} MB`), make("td", {}, drawing));
    });
    return [make("h3", {}, "Growth by distribution"), make("table", {}, make("tbody", {}, ...rows))];
  };

  const numbers = (item) => {
    const head = ["quantity", "before", "after", "how it is computed"].map((text) => make("th", { scope: "col" }, text));
    const rows = data.quantities.map(([name, unit, formula], index) => {
      const [before, after] = sides(item.q[index]);
      return make("tr", {}, make("th", { scope: "row" }, make("code", {}, name)), make("td", {}, show(before, unit)),
        make("td", {}, show(after, unit)), make("td", {}, formula));
    });
    return make("details", {}, make("summary", {}, "Every number and its reason"),
      make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
  };

  const detail = (item) => {
    const box = make("div", { class: "detail" });
    if (!item.q) {
      box.append(make("p", {}, "This finding belongs to no function."));
      return box;
    }
    const [before, after] = quantity(item, "memory_size");
    box.append(make("h3", {}, "Memory, to scale"));
    if (before !== null) box.append(bar(item, 0, "before"));
    if (after !== null) box.append(bar(item, 1, "after"));
    box.append(make("p", {}, "Decided at ", make("code", {}, item.w), ` (${item.o}). Package: ${reason(item.m)}. Growth: ${item.g.how}.`));
    for (const note of item.g.notes) box.append(make("p", {}, reason(note)));
    box.append(make("h3", {}, "What its execution environments reported"));
    if (typeof item.b === "string") box.append(make("p", {}, "unknown: " + reason(item.b)));
    else box.append(make("p", {}, reason(item.b.about)), history(item));
    if (item.d.length) box.append(make("h3", {}, "Distributions"), make("pre", {}, item.d.join("\n")));
    box.append(...attribution(item), numbers(item));
    return box;
  };

  // --- rows that unfold -------------------------------------------------------------------------
  bodies.forEach((body, index) => {
    const [row, more] = body.rows;
    [...row.cells].forEach((cell, column) => { if (column > 1) cell.dataset.l = titles[column]; });
    const name = row.cells[1];
    const button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": `d${index}` });
    button.append(...name.childNodes);
    name.append(button);
    more.id = `d${index}`;
    const bare = more.hidden;
    let box = null;
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      if (open && !box) more.cells[0].append((box = detail(data.functions[index])));
      if (box) box.hidden = !open;
      more.hidden = bare && !open;
    });
  });

  // --- sorting ----------------------------------------------------------------------------------
  const labels = bodies.map((body) => body.rows[0].cells[1].textContent);
  const number = (index, name) => {
    const item = data.functions[index];
    if (!item.q) return null;
    const value = name === "observed" ? item.b.peak : quantity(item, name)[1];
    return known(value) ? value : null;
  };
  const keys = [
    (index) => data.functions[index].s,
    (index) => labels[index],
    (index) => number(index, "memory_size"),
    (index) => number(index, "headroom_upper"),
    (index) => number(index, "observed"),
    (index) => number(index, "growth"),
    (index) => number(index, "headroom_upper"),
  ];
  const compare = (left, right, down) => {
    if (left === right) return 0;
    if (left === null) return 1; // what is not known comes last either way
    if (right === null) return -1;
    const order = typeof left === "string" ? left.localeCompare(right) : left - right;
    return down ? -order : order;
  };
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = make("button", { type: "button" }, cell.textContent);
    cell.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = bodies.map((body, index) => index);
      const values = order.map(keys[column]);
      order.sort((a, b) => compare(values[a], values[b], down) || a - b);
      table.append(...order.map((index) => bodies[index]));
    });
  });

  // --- filters ----------------------------------------------------------------------------------
  const search = make("input", { type: "search", "aria-label": "Show functions whose name contains" , placeholder: "name contains" });
  const count = make("output", { "aria-live": "polite" });
  const boxes = new Map();
  const apply = () => {
    const wanted = search.value.toLowerCase();
    let shown = 0;
    bodies.forEach((body, index) => {
      body.hidden = !boxes.get(body.dataset.k).checked || !labels[index].toLowerCase().includes(wanted);
      shown += body.hidden ? 0 : 1;
    });
    count.textContent = `${shown} of ${bodies.length} shown`;
  };
  const tools = document.getElementById("tools");
  tools.append(search);
  for (const kind of new Set(bodies.map((body) => body.dataset.k))) {
    const box = make("input", { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", apply);
    boxes.set(kind, box);
    const total = bodies.filter((body) => body.dataset.k === kind).length;
    tools.append(make("label", {}, box, `${kind} (${total})`));
  }
  tools.append(count);
  search.addEventListener("input", apply);
  apply();
})();
