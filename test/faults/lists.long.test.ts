import { simulateTime } from "../kit/simulated-time.ts";
import { listCells } from "./matrix.ts";
import { testFaults } from "./whole.ts";

simulateTime();

testFaults("every fault of a call that lists", listCells);
