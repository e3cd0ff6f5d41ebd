import { describe, expect, it } from 'vitest';
import { pageOptions, websocketUrl } from '../../../../src/web/viewer/page-options.ts';

describe('what the server says about the page', () => {
  it('defaults to websockify beside the page, full control and a key', () => {
    expect(pageOptions({})).toEqual({ websocket: 'websockify', viewOnly: false, needsKey: true, gateway: false });
  });

  it('lets the server choose the path, view-only and that it needs no key', () => {
    expect(pageOptions({ websocket: 'ws', viewOnly: '', key: 'none' })).toEqual({ websocket: 'ws', viewOnly: true, needsKey: false, gateway: false });
    expect(pageOptions({ viewOnly: 'false' }).viewOnly).toBe(false);
  });
});

describe('a server that takes tickets', () => {
  it('is a gateway, and needs no key', () => {
    expect(pageOptions({ websocket: 'ws', ticket: '' })).toEqual({ websocket: 'ws', viewOnly: false, needsKey: false, gateway: true });
  });
});

describe('the address of the WebSocket', () => {
  it('lies beside the page, whatever the prefix', () => {
    expect(websocketUrl('http://127.0.0.1:5000/', 'websockify')).toBe('ws://127.0.0.1:5000/websockify');
    expect(websocketUrl('https://host/prefix/d/abc/', 'ws')).toBe('wss://host/prefix/d/abc/ws');
  });

  it('never carries the fragment or the query of the page', () => {
    expect(websocketUrl('http://h/d/?a=1#key=secret', 'ws')).toBe('ws://h/d/ws');
  });
});
