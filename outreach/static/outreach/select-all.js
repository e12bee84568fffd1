/* A box in the table's heading that ticks every row of the page; without scripts it stays hidden. */
for (const form of document.querySelectorAll("[data-select-all]")) {
  const label = form.querySelector("[data-select-all-box]");
  if (!label) continue;
  const all = label.querySelector("input");
  const rows = [...form.querySelectorAll('tbody input[type="checkbox"]')];

  const show = () => {
    const chosen = rows.filter((row) => row.checked).length;
    all.checked = chosen === rows.length;
    all.indeterminate = chosen > 0 && chosen < rows.length;
  };

  all.addEventListener("change", () => {
    for (const row of rows) row.checked = all.checked;
  });
  form.addEventListener("change", show);
  label.hidden = false;
  form.querySelector("[data-select-all-text]").hidden = true;
  show();
}
