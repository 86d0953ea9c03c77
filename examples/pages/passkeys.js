
const ways = {
  register: async (options) => navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)}),
  login: async (options) => navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)}),
};

async function post(path, body) {
  const answer = await fetch(path, {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body)});
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.problem);
  return said;
}

async function run(way) {
  const options = await post(`/passkeys/${way}/begin`, null);
  const made = await ways[way](options);
  await post(`/passkeys/${way}/finish`, made.toJSON());
  location.assign("/");
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  button.addEventListener("click", () => run(button.dataset.passkey).catch((error) => {
    const problem = document.getElementById("passkey-problem");
    problem.textContent = error.name === "NotAllowedError" ? "Cancelled." : error.message;
    problem.hidden = false;
  }));
}
