"use strict";
// A form with a file says how much of it has been sent. Without this script the browser sends it all the same.
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const [bar, said, button] = ["progress", "[role=status]", "button"].map((of) => form.querySelector(of));
  const problem = form.querySelector("[role=alert]");
  const tell = (text) => { problem.textContent = text; problem.hidden = !text; };
  const rest = () => { bar.hidden = true; said.textContent = ""; button.disabled = false; };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = form.elements.file.files[0];
    if (file && file.size > Number(form.dataset.room)) return tell(form.dataset.noRoom);
    tell("");
    button.disabled = true;
    bar.hidden = false;
    bar.value = 0;
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = total ? loaded / total : 0;
      said.textContent = loaded < total ? `${Math.floor(100 * loaded / total)} %` : form.dataset.writing;
    };
    request.onload = () => {
      if (request.status === 200) return location.assign(request.responseURL);
      rest();
      const answer = new DOMParser().parseFromString(request.responseText, "text/html");
      const note = answer.querySelector(".note");
      tell(note ? note.textContent.trim() : form.dataset.broken);
    };
    request.onerror = () => { rest(); tell(form.dataset.broken); };
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
})();
