// Before the first paint: the tools above the tables take up their room at once, so nothing moves.
document.documentElement.classList.add("js");
