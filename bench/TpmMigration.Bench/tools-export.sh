#!/usr/bin/env bash
# Duplicates keys with tpm2-tools the way the module does: the keys NAME.pub, NAME.priv in the folder $1 go to
# a new parent. The storage root key and the new parent are made once; TPM2_PolicySecret with the Owner's empty
# password takes one process, like the ticket would.
set -euo pipefail
cd "$1"
shift
tpm2_createprimary -Q -C o -G ecc256:aes128cfb -g sha256 -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt' -c root.ctx
tpm2_flushcontext -t
tpm2_readpublic -Q -c root.ctx -o new-parent.pub
tpm2_loadexternal -Q -C n -u new-parent.pub -c new-parent.ctx
tpm2_flushcontext -t
for name in "$@"; do
    tpm2_load -Q -C root.ctx -u "$name.pub" -r "$name.priv" -c key.ctx
    tpm2_flushcontext -t
    tpm2_startauthsession --policy-session -S session.ctx
    tpm2_policyauthvalue -Q -S session.ctx
    tpm2_policysecret -Q -S session.ctx -c o
    tpm2_policycommandcode -Q -S session.ctx TPM2_CC_Duplicate
    tpm2_duplicate -Q -C new-parent.ctx -c key.ctx -G null -p session:session.ctx -r "$name.dup" -s "$name.seed"
    tpm2_flushcontext session.ctx
    tpm2_flushcontext -t
done
