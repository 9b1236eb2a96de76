import { otherCells } from "./matrix.ts";
import { testFaults } from "./whole.ts";

testFaults("every fault of the other calls", otherCells);
