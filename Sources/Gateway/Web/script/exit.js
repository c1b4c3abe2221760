// Leaving at once. Written for the oldest browsers: it has no part in the rest of the script and must run where that does not.
(function () {
var link = document.getElementById('exit');
link.onclick = function () {
document.documentElement.style.display = 'none';
document.title = '';
for (var i = 0; i < document.forms.length; i++) document.forms[i].reset();
location.replace(link.href);
return false;
};
})();
