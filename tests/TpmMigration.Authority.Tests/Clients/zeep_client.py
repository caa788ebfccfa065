"""A client that knows the WSDL and nothing else. Usage: URL PORT begin|finish FOLDER; the TPM's part is in files of the folder."""
import base64
import json
import sys
from pathlib import Path

import zeep

url, port, step, folder = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
client = zeep.Client(url + "?wsdl", port_name=port)
service = client.service


def read(name):
    return (folder / name).read_bytes()


def write(name, content):
    (folder / name).write_bytes(content)


def fault(call, **parts):
    try:
        call(**parts)
    except zeep.exceptions.Fault as refusal:
        return refusal.detail.findtext(".//{urn:tpm-migration:service:1}Code")
    return None


if step == "begin":
    write("key.xml", service.GetMAKey()["Document"])
    answer = service.Authenticate(EndorsementCertificate=[read("ek.crt"), read("issuer.crt")], AttestationKey=read("ak.pub"))
    for name in ("Challenge", "CredentialBlob", "EncryptedSecret", "Nonce"):
        write(name, answer[name])
else:
    answer = service.CompleteAuthentication(
        Challenge=read("Challenge"), Secret=read("secret"), StorageKey=read("storage.pub"),
        Statement=read("statement"), Signature=read("signature"))
    token = answer["Token"]
    stored = service.Upload(Token=token, Package=read("package.xml"))
    again = service.Upload(Token=token, Package=read("package.xml"))
    found = service.Query(Token=token, PackageId=stored["PackageId"])
    print(json.dumps({
        "name": service.GetMAServiceInformation()["Name"],
        "stored": stored["AlreadyStored"],
        "again": again["AlreadyStored"],
        "entries": [entry["PackageId"] for entry in found["Entry"]],
        "replay": fault(service.CompleteAuthentication, Challenge=read("Challenge"), Secret=read("secret"), StorageKey=read("storage.pub"),
                        Statement=read("statement"), Signature=read("signature")),
        "refused": fault(service.Download, Token=token, PackageId=stored["PackageId"], Client="00" * 34),
        "downloaded": write("downloaded.xml", service.Download(Token=token, PackageId=stored["PackageId"])) or True,
        "deleted": service.Delete(Token=token, PackageId=stored["PackageId"])["PackageId"],
        "left": len(service.Query(Token=token, PackageId=stored["PackageId"])["Entry"]),
    }))
