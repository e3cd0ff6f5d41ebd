// Debian's Chromium without a window, for one test file: fresh browsers (contexts) whose requests, console and policy
// violations are recorded.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll } from 'vitest';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Runs in the page. */
const RECORD_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) => {
  recordViolation('the policy ' + event.effectiveDirective + ' was violated by ' + event.blockedURI);
});`;

/** One tab and everything it did since it was opened. */
export interface RecordedTab {
  page: Page;
  context: BrowserContext;
  /** Addresses of all requests and WebSockets, in order. */
  requests: string[];
  /** Errors and warnings of the console, uncaught exceptions, and violations of the page's content security policy. */
  complaints: string[];
}

export interface Chromium {
  /** A tab of a browser that has never been used. */
  freshTab(options?: BrowserContextOptions): Promise<RecordedTab>;
}

/** Starts when first used; closed after the file's last test. Throws when there is no Chromium. */
export function ownChromium(): Chromium {
  const executablePath = PROGRAMS.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`there is no Chromium; looked at ${PROGRAMS.join(', ')}`);
  let browser: Promise<Browser> | undefined;
  afterAll(async () => (await browser)?.close());
  return {
    async freshTab(options = {}) {
      browser ??= chromium.launch({ executablePath, args: FLAGS });
      const context = await (await browser).newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US', ...options });
      const page = await context.newPage();
      const tab: RecordedTab = { page, context, requests: [], complaints: [] };
      context.on('request', (request) => tab.requests.push(request.url()));
      page.on('websocket', (socket) => tab.requests.push(socket.url()));
      page.on('console', (message) => {
        // Chromium's word for an interface of this machine that came or went, as each container's does: it tries again.
        if (message.text().includes('net::ERR_NETWORK_CHANGED')) return;
        if (message.type() === 'error' || message.type() === 'warning') tab.complaints.push(message.text());
      });
      page.on('pageerror', (error) => tab.complaints.push(String(error)));
      await page.exposeFunction('recordViolation', (text: string) => tab.complaints.push(text));
      await page.addInitScript({ content: RECORD_VIOLATIONS });
      return tab;
    },
  };
}
