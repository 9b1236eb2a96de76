showRun();
showFigures();
showReasons();
showMatrix();
showFilter();
showNotes();

// A link may name a node: report.html#i-0a1b2c3d4e5f60718
const named = nodes.find(({ id }) => `#${id}` === location.hash);
if (named) showDetail(named);
