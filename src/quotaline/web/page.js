"use strict";
// Sorts and filters the tables that are there, and names the bars by their rows. Nothing is fetched, kept or made of text.
const value = (cell) => (cell.dataset.v === undefined ? null : Number(cell.dataset.v));

function order(table, place, down) {
  const numeric = table.tHead.rows[0].cells[place].classList.contains("n");
  const compare = (one, other) => {
    const [a, b] = [one.cells[place], other.cells[place]];
    if (!numeric) return a.textContent.localeCompare(b.textContent, undefined, { numeric: true }) * (down ? -1 : 1);
    const [first, second] = [value(a), value(b)];
    if (first === null || second === null) return (first === null) - (second === null);
    return (first - second) * (down ? -1 : 1);
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
}

for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  for (const picture of document.querySelectorAll(`svg[data-rows="${table.id}"]`)) {
    for (const bar of picture.querySelectorAll("rect")) {
      const row = rows[Number(bar.dataset.r)];
      const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
      const [day, price, tokens] = [...row.cells].map((cell) => cell.textContent);
      title.textContent = `${day}: ${price || `${tokens} tokens`}`;
      bar.append(title);
    }
  }
  if (rows.length < 2) continue;
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const down = before === null ? head.classList.contains("n") : before === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      order(table, place, down);
    });
  });
}

for (const field of document.querySelectorAll("input[type=search]")) {
  const rows = [...document.getElementById(field.dataset.for).tBodies[0].rows];
  const told = field.closest(".filter").querySelector("output");
  field.closest(".filter").hidden = false;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    told.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  });
}
