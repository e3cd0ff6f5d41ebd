// The viewer's words in English and Brazilian Portuguese, and the choice between them. Pure.

const ENGLISH = {
  title: 'Desktop',
  'state.no-key': 'This desktop needs its key',
  'state.connecting': 'Connecting…',
  'state.starting': 'The desktop is starting…',
  'state.connected': 'Connected',
  'state.reconnecting': 'Connection lost. Reconnecting…',
  'state.gone': 'The desktop is gone',
  'state.wrong-key': 'The key was not accepted',
  'detail.no-key': 'Open the link that vncctl printed, or enter the key. `vncctl open <client>` prints the link with it.',
  'detail.connecting': '',
  'detail.starting': 'This takes a few seconds.',
  'detail.connected': '',
  'detail.reconnecting': 'Your work in the desktop goes on; the picture comes back by itself.',
  'detail.gone': 'It was removed or its machine can’t be reached. `vncctl up <client>` brings a desktop back. This page keeps looking.',
  'detail.wrong-key': 'The desktop may have been replaced. `vncctl open <client>` prints the link with its present key.',
  'key.label': 'Key',
  'key.submit': 'Connect',
  retry: 'Try now',
  'toolbar.label': 'Desktop tools',
  'toolbar.show': 'Show tools',
  'toolbar.hide': 'Hide tools',
  'tool.clipboard': 'Clipboard',
  'tool.keyboard': 'Keyboard',
  'tool.cad': 'Ctrl-Alt-Del',
  'tool.fullscreen': 'Full screen',
  'tool.size': 'Size',
  'size.scale': 'Fit picture to window',
  'size.remote': 'Resize desktop to window',
  'size.original': 'Original size (1:1)',
  'tool.quality': 'Picture',
  'quality.low': 'Fast',
  'quality.medium': 'Balanced',
  'quality.high': 'Sharp',
  'clipboard.help': 'Text copied in the desktop appears here; text written here can be pasted there.',
  'clipboard.close': 'Close',
  'view-only': 'View only',
  screen: 'Screen of the desktop',
} as const;

/** Name of one text. */
export type MessageKey = keyof typeof ENGLISH;
/** All texts of one language. */
export type Messages = Readonly<Record<MessageKey, string>>;

const PORTUGUESE: Messages = {
  title: 'Área de trabalho',
  'state.no-key': 'Esta área de trabalho precisa da chave',
  'state.connecting': 'Conectando…',
  'state.starting': 'A área de trabalho está iniciando…',
  'state.connected': 'Conectado',
  'state.reconnecting': 'Conexão perdida. Reconectando…',
  'state.gone': 'A área de trabalho não existe mais',
  'state.wrong-key': 'A chave não foi aceita',
  'detail.no-key': 'Abra o link que o vncctl mostrou ou digite a chave. `vncctl open <client>` mostra o link com ela.',
  'detail.connecting': '',
  'detail.starting': 'Isso leva alguns segundos.',
  'detail.connected': '',
  'detail.reconnecting': 'Seu trabalho continua na área de trabalho; a imagem volta sozinha.',
  'detail.gone': 'Ela foi removida ou a máquina não pode ser alcançada. `vncctl up <client>` traz uma de volta. Esta página continua procurando.',
  'detail.wrong-key': 'A área de trabalho pode ter sido substituída. `vncctl open <client>` mostra o link com a chave atual.',
  'key.label': 'Chave',
  'key.submit': 'Conectar',
  retry: 'Tentar agora',
  'toolbar.label': 'Ferramentas',
  'toolbar.show': 'Mostrar ferramentas',
  'toolbar.hide': 'Esconder ferramentas',
  'tool.clipboard': 'Área de transferência',
  'tool.keyboard': 'Teclado',
  'tool.cad': 'Ctrl-Alt-Del',
  'tool.fullscreen': 'Tela cheia',
  'tool.size': 'Tamanho',
  'size.scale': 'Ajustar imagem à janela',
  'size.remote': 'Redimensionar para a janela',
  'size.original': 'Tamanho original (1:1)',
  'tool.quality': 'Imagem',
  'quality.low': 'Rápida',
  'quality.medium': 'Equilibrada',
  'quality.high': 'Nítida',
  'clipboard.help': 'O texto copiado na área de trabalho aparece aqui; o texto escrito aqui pode ser colado lá.',
  'clipboard.close': 'Fechar',
  'view-only': 'Somente visualização',
  screen: 'Tela da área de trabalho',
};

/** The texts for a person's languages in their order: Portuguese of all kinds gets the Brazilian one, everything else English. */
export function messagesFor(languages: readonly string[]): { language: 'en' | 'pt-BR'; messages: Messages } {
  for (const language of languages) {
    if (/^pt\b/i.test(language)) return { language: 'pt-BR', messages: PORTUGUESE };
    if (/^en\b/i.test(language)) break;
  }
  return { language: 'en', messages: ENGLISH };
}
