// Before the first paint, so that no page flashes in the other colours. Not a module: those wait for the document.
(() => {
  try {
    const theme = localStorage.getItem("runtape.theme");
    if (theme === "light" || theme === "dark") {
      document.documentElement.dataset.theme = theme;
    }
  } catch {
    // A browser that stores nothing has the system's colours.
  }
})();
