// What the server of the page says about it: attributes of the <html> element. Pure.

/** How the page is to behave. `websocket` is resolved against the page's own address. */
export interface PageOptions {
  websocket: string;
  viewOnly: boolean;
  /** Whether the server asks for a VNC password at all. */
  needsKey: boolean;
  /** Whether the server is a gateway: it takes tickets, and tells and keeps the desktop's state. It needs no key. */
  gateway: boolean;
}

/**
 * Reads `data-websocket`, `data-view-only`, `data-key="none"` and `data-ticket`, the mark of a gateway. Absent means `websockify`,
 * no, needed, and no gateway.
 */
export function pageOptions(data: Readonly<Record<string, string | undefined>>): PageOptions {
  const gateway = data['ticket'] !== undefined;
  return {
    websocket: data['websocket'] || 'websockify',
    viewOnly: data['viewOnly'] !== undefined && data['viewOnly'] !== 'false',
    needsKey: data['key'] !== 'none' && !gateway,
    gateway,
  };
}

/** Address of the WebSocket: `path` beside the page, query and fragment dropped, ws or wss like the page. */
export function websocketUrl(page: string, path: string): string {
  const url = new URL(path, page);
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
  url.search = '';
  url.hash = '';
  return url.href;
}
