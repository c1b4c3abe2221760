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
link.onclick = function () {
hide();
location.replace(link.href);
return false;
};
// Shift alone, three times, each at most five seconds after the last; a Shift that made a capital letter does not count.
function key(event) {
clearTimeout(timer);
presses = event.keyCode === 16 && !held ? presses + 1 : 0;
held = event.shiftKey;
if (presses > 2) link.click();
told.textContent = presses ? link.title.replace(3, 3 - presses) : '';
if (presses) timer = setTimeout(function () {
key({});
}, 5000);
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
