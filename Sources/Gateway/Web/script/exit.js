// Leaving at once. Written for the oldest browsers: it has no part in the rest of the script and must run where that does not.
(function () {
var link = document.getElementById('exit');
var told = document.getElementById('shift');
var presses = 0;
var held;
var timer;
// Field by field: a reset would bring back the text that a refused form came with.
function hide() {
document.documentElement.style.display = 'none';
document.title = '';
var fields = document.querySelectorAll('input,select,textarea');
for (var i = 0; i < fields.length; i++) fields[i].value = fields[i].checked = '';
}
// Every page of ours takes the place of the one before it in the browser's history, and the way out that of the last: Back
// then leads to none of them. What opens elsewhere, or is saved, is left alone, but for the way out: it is one whatever is held.
document.onclick = function (event) {
for (var way = event.target; way && !way.href;) way = way.parentNode;
if (way === link) hide();
else if (!way || way.download || event.ctrlKey || event.metaKey || event.shiftKey) return;
location.replace(way.href);
return false;
};
// Shift alone, three times, each at most five seconds after the last; a Shift that made a capital letter does not count.
function key(event) {
clearTimeout(timer);
presses = event.keyCode === 16 && !held ? presses + 1 : 0;
held = event.shiftKey;
if (presses > 2) link.click();
told.textContent = presses ? link.title.replace(3, 3 - presses) : '';
if (presses) timer = setTimeout(key, 5000, {});
}
document.onkeyup = key;
// A page that the browser kept whole, with what was typed, is not shown again.
window.onpageshow = function (event) {
if (event.persisted) {
hide();
location.reload();
}
};
})();
