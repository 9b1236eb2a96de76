/**
 * `npm run -s collector > collect.sh`: prints the Linux collector, the same script that the SSM document contains. It can be
 * run on a node by hand.
 */
import { collectorText } from "../lib/collect-content.ts";

process.stdout.write(collectorText());
