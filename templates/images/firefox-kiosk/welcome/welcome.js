// Fills in whose desktop this is and the person's language. The client id comes in the fragment, which is sent to no
// server, and goes into the page as text only.

const PORTUGUESE = {
  title: 'Esta área de trabalho está pronta',
  client: 'Ela pertence a',
  what: 'É um contêiner próprio com um navegador, mostrado a você por VNC. O que acontece aqui fica aqui e vai embora com ele.',
  how: 'Para mostrar outra página aqui',
  always: 'Para toda área de trabalho nova, nas configurações:',
};

if (/^pt\b/i.test(navigator.language)) {
  document.documentElement.lang = 'pt-BR';
  for (const element of document.querySelectorAll('[data-text]')) {
    element.textContent = PORTUGUESE[element.dataset.text];
  }
}

function showClient() {
  const client = new URLSearchParams(location.hash.slice(1)).get('client');
  if (!client) return;
  document.getElementById('client').textContent = client;
  document.querySelector('.client').hidden = false;
  for (const element of document.querySelectorAll('[data-client]')) element.textContent = client;
}

showClient();
// A desktop that was started before it had a client is told of it later.
addEventListener('hashchange', showClient);
