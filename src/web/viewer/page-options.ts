// What the server of the page says about it: attributes of the <html> element. Pure.

/** How the page is to behave. `websocket` is resolved against the page's own address. */
export interface PageOptions {
  websocket: string;
  viewOnly: boolean;
  /** Whether the server asks for a VNC password at all; a gateway that has checked a ticket says no. */
  needsKey: boolean;
}

/** Reads `data-websocket`, `data-view-only` and `data-key="none"`; absent means `websockify`, no, and needed. */
export function pageOptions(data: Readonly<Record<string, string | undefined>>): PageOptions {
  return {
    websocket: data['websocket'] || 'websockify',
    viewOnly: data['viewOnly'] !== undefined && data['viewOnly'] !== 'false',
    needsKey: data['key'] !== 'none',
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
