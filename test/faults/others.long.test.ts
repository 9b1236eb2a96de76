import { simulateTime } from "../kit/simulated-time.ts";
import { otherCells } from "./matrix.ts";
import { testFaults } from "./whole.ts";

simulateTime();

testFaults("every fault of the other calls", otherCells);
