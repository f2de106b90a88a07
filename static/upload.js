/* Sending a backup in: as a plain form does, with the progress that a form does not tell. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id !== "upload") return;
  event.preventDefault();
  const bar = document.getElementById("sent"), said = document.getElementById("upload-said");
  const button = form.querySelector("button"), request = new XMLHttpRequest();
  const over = (text) => { button.disabled = false; bar.parentNode.hidden = true; said.textContent = text; };
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = total ? (loaded / total) * 100 : 0;
    if (loaded === total) said.textContent = "Arquivo enviado. Guardando e conferindo…";
  };
  request.onload = () => {
    if (request.status === 200) return location.assign(request.responseURL);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const note = page.querySelector("#upload .error") || page.querySelector("#main .card p:not([hidden])");
    over(note ? note.textContent.trim() : "O portal não aceitou o envio. Tente de novo.");
  };
  request.onerror = () => over("O envio foi interrompido e nada ficou pela metade. Envie de novo.");
  request.open("POST", form.action);
  button.disabled = true;
  bar.value = 0;
  bar.parentNode.hidden = false;
  said.textContent = "";
  request.send(new FormData(form));
});
