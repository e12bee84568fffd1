// Say whether what was typed is saved, while htmx posts it in the background; go on after an outage or a
// new login. Without this script the buttons save, and nothing here is needed to answer.
"use strict";

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const state = form.querySelector("[data-save-state]");
  const TOKEN = "csrfmiddlewaretoken";
  const unsaved = new Set(); // typed in, and not known to be saved
  let waitsForLogin = false;

  const say = (text, tone = "") => {
    state.textContent = text;
    state.dataset.tone = tone;
  };

  const count = (mark) => form.querySelectorAll(`.answer__notes[data-${mark}]`).length;

  const sayLogIn = () => {
    waitsForLogin = true;
    say("保存できませんでした（ログインの有効期限が切れました。入力は画面に残っています）。", "error");
    const link = document.createElement("a");
    link.href = state.dataset.login;
    link.target = "_blank";
    link.textContent = "別の画面でログインする";
    state.append(link, "と、この画面に戻ったときに保存します。");
  };

  const saySaved = (at) => {
    const [unreadable, conflicts] = [count("unreadable"), count("conflict")];
    if (unreadable) say(`入力を直してください（${unreadable}か所）`, "error");
    else if (conflicts) say(`ほかの方と重なった項目があります（${conflicts}か所）`, "warning");
    else say(`保存しました（${at.replace(":", "時")}分）`, "success");
  };

  // Only what stands in the part that changed is sent: one body, not the whole page.
  form.addEventListener("htmx:configRequest", (event) => {
    const mine = new Set([...event.target.querySelectorAll("[name]")].map((field) => field.name));
    const sent = event.detail.formData;
    for (const name of new Set(sent.keys())) {
      if (name !== TOKEN && !mine.has(name)) sent.delete(name);
    }
  });

  form.addEventListener("input", (event) => {
    const unit = event.target.closest("[data-unit]");
    if (unit) unsaved.add(unit);
  });

  form.addEventListener("htmx:beforeSend", (event) => {
    unsaved.delete(event.target);
    say("保存しています…");
  });

  form.addEventListener("htmx:afterRequest", (event) => {
    const answer = event.detail.xhr;
    const at = answer.getResponseHeader("Saved-At");
    if (at) {
      waitsForLogin = false;
      for (const notes of event.target.querySelectorAll(".answer__notes")) mark(notes);
      saySaved(at);
      return;
    }
    unsaved.add(event.target);
    if (answer.status === 409) say(`保存できませんでした（${answer.responseText}）`, "error");
    else if ([200, 401, 403].includes(answer.status)) sayLogIn();
    else say("保存できませんでした（通信を確かめてください。入力は画面に残っています）", "error");
  });

  const mark = (notes) => {
    const wrong = "error" in notes.dataset;
    const field = notes.closest(".ui-field");
    field.classList.toggle("ui-field--error", wrong);
    for (const control of field.querySelectorAll("input, select, textarea")) {
      if (wrong) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  };

  // A new login brings a new token; the page is asked for it, not loaded anew.
  const renewToken = async () => {
    const page = await fetch(window.location.href);
    const found = new DOMParser()
      .parseFromString(await page.text(), "text/html")
      .querySelector(`form[data-autosave] input[name="${TOKEN}"]`);
    if (found) form.querySelector(`input[name="${TOKEN}"]`).value = found.value;
    return Boolean(found);
  };

  const tryAgain = async () => {
    if (!unsaved.size || (waitsForLogin && !(await renewToken()))) return;
    for (const unit of unsaved) window.htmx.trigger(unit, "save");
  };
  window.addEventListener("focus", tryAgain);
  window.addEventListener("online", tryAgain);

  // What was typed in the last two seconds goes along when the officer leaves.
  form.addEventListener("submit", () => unsaved.clear());
  window.addEventListener("pagehide", () => {
    for (const unit of unsaved) {
      const names = new Set([...unit.querySelectorAll("[name]")].map((field) => field.name));
      const sent = new FormData();
      for (const [name, value] of new FormData(form)) if (name === TOKEN || names.has(name)) sent.append(name, value);
      navigator.sendBeacon(window.location.href, sent);
    }
  });

  // 「次の不足・誤りへ」 goes on from the field that one was in.
  form.addEventListener("focusin", (event) => {
    if (event.target.name && event.target.closest("[data-unit]")) form.elements.after.value = event.target.name;
  });
}
