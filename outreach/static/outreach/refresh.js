// Load the page again after the seconds that the script element names: something is in the making.
const seconds = Number(document.currentScript.dataset.seconds);
setTimeout(() => window.location.reload(), seconds * 1000);
