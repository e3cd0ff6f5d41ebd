// An image that does nothing: for scenarios in which the number of containers counts, not what is in them.
import { IDLE, KIOSK, type Workshop } from './workshop.ts';

/** Makes sure of the image. */
export function idleImage(shop: Workshop): Promise<void> {
  return shop.image(IDLE, { text: `FROM ${KIOSK}\nHEALTHCHECK NONE\nENTRYPOINT ["/bin/sleep", "infinity"]\nCMD []\n` });
}
