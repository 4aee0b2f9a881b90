// Facets answer at once; without script there is a button.

const form = document.querySelector("[data-facets]");
for (const button of form.querySelectorAll("[data-nojs]")) button.hidden = true;
form.addEventListener("change", (event) => {
  if (event.target.matches('input[type="checkbox"], [data-autosubmit]')) form.requestSubmit();
});
if (window.matchMedia("(max-width: 767.98px)").matches) {
  form.querySelector("details.mm-facets").open = false;
}
