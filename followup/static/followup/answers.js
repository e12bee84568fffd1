// Show a question only while the answer it depends on is one of its values (show when); "*" is any.
// Without this script every question is shown with its condition in words, and the server
// ignores what was not asked; so nothing here is needed to answer correctly.
"use strict";

for (const form of document.querySelectorAll("form[data-answers]")) {
  const dependents = [...form.querySelectorAll("[data-show-when]")];

  const answersTo = (name) =>
    [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
      .filter((field) => !field.closest("[data-show-when][hidden]"))
      .filter((field) => field.type !== "checkbox" || field.checked)
      .map((field) => field.value);

  const update = () => {
    for (const element of dependents) {
      const values = JSON.parse(element.dataset.showValues);
      const shows = (answer) => values.includes(answer) || (values.includes("*") && answer.trim() !== "");
      element.hidden = !answersTo(element.dataset.showWhen).some(shows);
    }
  };

  for (const words of form.querySelectorAll(".answer__condition")) {
    words.hidden = true;
  }
  form.addEventListener("change", update);
  update();
}
