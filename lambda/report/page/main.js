showRun();
showHeadline();
showFigures();
showCauses();
showUnreadable();
showMatrix();
showFilter();
showExceptions();
showNotes();
showContents();
followAddress();

addEventListener("popstate", followAddress);
addEventListener("beforeprint", preparePrint);
addEventListener("afterprint", finishPrint);
find("#detail", HTMLDialogElement).addEventListener("close", () => setOpenNode(""));

// The key "/" moves the focus to the search.
addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLElement && event.target.matches("input, select, textarea");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  if (find("#detail", HTMLDialogElement).open) return;
  event.preventDefault();
  filter.words.focus();
});
