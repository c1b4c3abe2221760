const describe = async files => {
  const list = [];
  for (const file of files) {
    const hash = new Sha256();
    for await (const piece of slices(file)) hash.update(piece);
    list.push({
      // The last 60 characters, so that the ending stays; a name must not be able to do anything but name.
      name: [...clean(file.name).replace(/[/\\]/g, '_')].slice(-60).join('') || '-',
      type: /^[!-~]{1,99}$/.test(file.type) ? file.type : 'application/octet-stream',
      size: file.size, sha256: base64(hash.digest()),
    });
  }
  return list;
};
