// What each step that makes the kiosk's start short is worth: the image as it is against the same image with that one step undone.
import { cpuMsOf } from './container-cost.ts';
import { startKiosk } from './kiosk-start.ts';
import type { NodeProgram } from './nodes.ts';
import type { Figure, Samples, Study } from './scenario.ts';
import { KIOSK, type Workshop } from './workshop.ts';

interface Step {
  name: string;
  /** As the rival of a figure, in words. */
  without: string;
  /** The Dockerfile's lines that undo it. */
  undo: readonly string[];
}

const SESSION = '/usr/lib/vncctl/session';

const STEPS: readonly Step[] = [
  { name: 'profile', without: 'without the profile that the build prepared', undo: ['RUN rm -rf /home/desktop/firefox && install -d -o desktop -g desktop /home/desktop/firefox'] },
  { name: 'preferences', without: 'with Firefox\'s own preferences', undo: ['RUN : > /etc/firefox-esr/vncctl.js'] },
  { name: 'modules', without: 'with all modules that Firefox loads at its start', undo: ['RUN sed -i "s/if (UNSHOWN.test(entry))/if (false)/" /usr/lib/firefox-esr/vncctl-kiosk.cfg'] },
  { name: 'web', without: 'with websockify from the start', undo: [`RUN sed -i -e '/first-visit/d' -e 's#python3 .*--inetd \\(.*\\) 127.0.0.1:5900#python3 -m websockify \\1 6080 127.0.0.1:5900#' ${SESSION}/start && grep -q 'python3 -m websockify' ${SESSION}/start`] },
  { name: 'windows', without: 'with the window manager first', undo: [`RUN sed -i "s#^url=#until wmctrl -m >/dev/null 2>\\&1; do :; done; url=#" ${SESSION}/kiosk && grep -q "until wmctrl" ${SESSION}/kiosk`] },
  { name: 'glx', without: 'with OpenGL in the screen', undo: [`RUN sed -i "s/ -extension GLX//" ${SESSION}/start`] },
];

const PARTS = [
  { name: 'greeting', about: 'to the VNC greeting' },
  { name: 'page', about: 'to the painted page' },
  { name: 'cpu', about: 'its CPU time until then' },
] as const;

const ROUNDS = 5;
const QUICK_ROUNDS = 1;

export function kioskSteps(node: NodeProgram): Study<Workshop> {
  const figures = STEPS.flatMap((step) => PARTS.map(({ name, about }): Figure => ({ name: figureOf(step, name), about: `a new kiosk, ${about}`, rival: step.without, node: node.version })));
  return {
    name: 'kiosk-steps',
    long: true,
    figures,
    async observe(shop, { quick }) {
      await shop.ensureNetwork();
      for (const step of STEPS) await shop.image(imageOf(step), { text: [`FROM ${KIOSK}`, 'USER root', ...step.undo, 'USER 1000:1000', ''].join('\n') });
      const seen: Record<string, Samples> = Object.fromEntries(figures.map(({ name }) => [name, { ours: [], rival: [] }]));
      try {
        for (const image of [KIOSK, ...STEPS.map(imageOf)]) await costOf(shop, image);
        for (let round = 0; round < (quick ? QUICK_ROUNDS : ROUNDS); round++) {
          for (const step of STEPS) {
            for (const side of ['ours', 'rival', 'rival', 'ours'] as const) {
              const cost = await costOf(shop, side === 'ours' ? KIOSK : imageOf(step));
              for (const { name } of PARTS) seen[figureOf(step, name)]?.[side].push(cost[name]);
            }
          }
        }
      } finally {
        await shop.clear();
      }
      return seen;
    },
  };
}

async function costOf(shop: Workshop, image: string): Promise<Record<(typeof PARTS)[number]['name'], number>> {
  const { id, pid, reachedMs } = await startKiosk(shop, image);
  try {
    return { greeting: reachedMs.rfb, page: reachedMs.page, cpu: cpuMsOf(pid) };
  } finally {
    await shop.engine.containers.remove(id);
  }
}

const imageOf = ({ name }: Step): string => `vncctl-bench/without-${name}`;
const figureOf = (step: Step, part: string): string => `kiosk-steps-${step.name}-${part}`;
