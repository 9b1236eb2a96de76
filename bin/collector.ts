/**
 * `npm run -s collector > collect.sh`: prints the Linux collector as one script, as the SSM document holds it, for people
 * who run it on a node by hand.
 */
import { collectorText } from "../lib/collect-content.ts";

process.stdout.write(collectorText());
