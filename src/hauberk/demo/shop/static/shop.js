// Forms that name a place get their answer there, without leaving the page.
for (const form of document.querySelectorAll("form[data-into]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = document.getElementById(form.dataset.into);
    const answer = await fetch(form.action + "?" + new URLSearchParams(new FormData(form)));
    place.innerHTML = await answer.text();
  });
}
