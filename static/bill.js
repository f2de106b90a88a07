/* The end client's page: copy the Pix code. */
document.addEventListener("click", ({ target }) => {
  const code = document.getElementById("code");
  if (!code || !target.closest("button")) return;
  const said = document.querySelector("[role=status]");
  navigator.clipboard.writeText(code.value).then(
    () => { said.textContent = "Copiado"; },
    () => { code.select(); },
  );
});
