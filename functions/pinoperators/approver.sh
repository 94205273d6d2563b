# Approves the InstallPlan of exactly the releases in WANTED that are not
# installed yet, and no other; ends with what is wanted and what is offered.
kubectl=kubectl
command -v kubectl >/dev/null 2>&1 || kubectl=oc
waited=0
while :; do
  missing=
  for csv in $WANTED; do
    "$kubectl" get clusterserviceversions.operators.coreos.com "$csv" -n "$NAMESPACE" -o name >/dev/null 2>&1 || missing="$missing$csv "
  done
  if [ -z "$missing" ]; then
    echo "installed: $WANTED"
    exit 0
  fi
  offered=
  plans=$("$kubectl" get installplans.operators.coreos.com -n "$NAMESPACE" \
    -o jsonpath='{range .items[?(@.spec.approved==false)]}{.metadata.name}{" "}{.spec.clusterServiceVersionNames}{"\n"}{end}' | tr -d '[]"' | tr ',' ' ')
  while read -r plan csvs; do
    [ -n "$plan" ] || continue
    sorted=$(printf '%s\n' $csvs | LC_ALL=C sort | tr '\n' ' ')
    if [ "$sorted" = "$missing" ]; then
      "$kubectl" patch installplans.operators.coreos.com "$plan" -n "$NAMESPACE" --type merge -p '{"spec":{"approved":true}}'
      echo "approved $plan: $csvs"
      exit 0
    fi
    offered="$offered $plan ($csvs);"
  done <<PLANS
$plans
PLANS
  if [ "$waited" -ge "$WAIT" ]; then
    echo "no InstallPlan has exactly what is wanted" >&2
    echo "wanted: $missing" >&2
    echo "offered: ${offered:-nothing}" >&2
    exit 1
  fi
  sleep 5
  waited=$((waited + 5))
done
