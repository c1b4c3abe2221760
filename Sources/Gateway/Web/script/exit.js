// Leaving at once. Written for the oldest browsers: it has no part in the rest of the script and must run where that does not.
(function () {
var link = document.getElementById('exit');
var told = document.getElementById('shift');
// By presses: what is said after one and after two, that they are over, and what is left to say of a page that is left.
var words = told.dataset.said.split('|');
var presses = 0;
var held;
var timer;
// Field by field: a reset would bring back the text that a refused form came with.
function hide() {
document.getElementById('away').textContent = words[4];
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
// What was said stands for five seconds, and as long is there for the next press.
function say(place) {
told.textContent = words[place];
if (place) timer = setTimeout(function () {
presses = 0;
say(place < 3 ? 3 : 0);
}, 5000);
}
// Shift alone, three times; a Shift that made a capital letter does not count.
document.onkeyup = function (event) {
clearTimeout(timer);
presses = event.keyCode === 16 && !held ? presses + 1 : 0;
held = event.shiftKey;
if (presses > 2) link.click();
else say(presses);
};
// A page that the browser kept whole, with what was typed, is not shown again.
window.onpageshow = function (event) {
if (event.persisted) {
hide();
location.reload();
}
};
})();
