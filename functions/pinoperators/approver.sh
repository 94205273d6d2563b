# Approves the InstallPlan of exactly the releases in WANTED that are not
# installed yet, and no other; ends with what is wanted and what is offered.
kubectl=kubectl
command -v kubectl >/dev/null 2>&1 || kubectl=oc
waited=0
while :; do
  unanswered=
  missing=
  offered=
  for csv in $WANTED; do
    found=$("$kubectl" get clusterserviceversions.operators.coreos.com "$csv" -n "$NAMESPACE" --ignore-not-found -o name) || unanswered=yes
    [ -n "$found" ] || missing="$missing$csv "
  done
  plans=$("$kubectl" get installplans.operators.coreos.com -n "$NAMESPACE" \
    -o jsonpath='{range .items[?(@.spec.approved==false)]}{.metadata.name}{" "}{.spec.clusterServiceVersionNames}{"\n"}{end}') || unanswered=yes
  if [ -z "$unanswered" ]; then
    if [ -z "$missing" ]; then
      echo "installed: $WANTED"
      exit 0
    fi
    plans=$(printf '%s\n' "$plans" | tr -d '[]"' | tr ',' ' ')
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
  fi
  if [ "$waited" -ge "$WAIT" ]; then
    if [ -n "$unanswered" ]; then
      echo "the API server did not answer, or refused to; nothing is approved" >&2
      exit 1
    fi
    echo "no InstallPlan has exactly what is wanted" >&2
    echo "wanted: $missing" >&2
    echo "offered: ${offered:-nothing}" >&2
    exit 1
  fi
  sleep 5
  waited=$((waited + 5))
done
