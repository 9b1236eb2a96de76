import { listCells } from "./matrix.ts";
import { testFaults } from "./whole.ts";

testFaults("every fault of a call that lists", listCells);
