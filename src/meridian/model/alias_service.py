"""
Services that an alias may lead to although they are no zone of the account (R-ALI-4, R-ALI-14, R-ALI-15).

Each has a canonical hosted zone id, which an alias names, and a suffix that its names end with. The
ids are facts of the AWS General Reference (docs.aws.amazon.com/general/latest/gr: elb, apigateway,
apprunner, elasticbeanstalk, s3), as the Terraform provider for AWS, the AWS CDK and external-dns list
them too. Where these disagree, the CDK's stand. What is not here – a new region, VPC Lattice, another
provider – an operator adds with the setting `alias_zone_ids`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from meridian.model.name import Name, parse

_ADDRESSES = frozenset({"A", "AAAA"})
_WITH_HTTPS = _ADDRESSES | {"HTTPS"}


class Service(msgspec.Struct, frozen=True):
    """
    Names that aliases may lead to.

    Attributes:
        name: What people call it.
        suffix: What its names are at or below.
        types: Types that an alias to it may have.
        evaluates_health: Whether an alias to it may have EvaluateTargetHealth.
        in_private_zones: Whether an alias of a private zone may lead to it.
    """

    name: str
    suffix: Name
    types: frozenset[str] = _ADDRESSES
    evaluates_health: bool = True
    in_private_zones: bool = True

    def has(self, target: Name) -> bool:
        """Whether a name is one of this service; a prefix `dualstack.` makes no difference (R-ALI-9)."""
        return target.is_at_or_below(self.suffix)


Services = Mapping[str, tuple[Service, ...]]
"""Services by hosted zone id."""


def services(more: Iterable[str] = ()) -> Services:
    """
    The built-in services, and an operator's own.

    Args:
        more: `ZONEID=SUFFIX` each; an id may come several times. Aliases to them may have the types
            A, AAAA and HTTPS, and may evaluate health.

    Raises:
        ValueError: One of `more` cannot be read; names it.
    """
    found = dict(_built_in())
    for text in more:
        zone_id, separator, suffix = text.partition("=")
        if not separator or not zone_id.isalnum() or not suffix or len(zone_id) > 32:
            raise ValueError(f"'{text}' is not ZONEID=SUFFIX, such as Z0CDN=cdn.example.net")
        own = Service(f"names below {suffix}", parse(suffix), types=_WITH_HTTPS)
        found[zone_id] = (*found.get(zone_id, ()), own)
    return found


@cache
def _built_in() -> Services:
    found: dict[str, tuple[Service, ...]] = {}
    for zone_id, service in (*_global(), *_regional(), *_app_runner()):
        found[zone_id] = (*found.get(zone_id, ()), service)
    return found


def _global() -> Iterable[tuple[str, Service]]:
    for zone_id, suffix in (("Z2FDTNDATAQYW2", "cloudfront.net"), ("Z3RFFRIM2A3IF5", "cloudfront.cn")):
        service = Service(
            "CloudFront", parse(suffix), types=_WITH_HTTPS, evaluates_health=False, in_private_zones=False
        )
        yield zone_id, service
    yield "Z2BJ6XQ5FK7U4H", Service("Global Accelerator", parse("awsglobalaccelerator.com"))


def _regional() -> Iterable[tuple[str, Service]]:
    for line in _REGIONS.strip().splitlines():
        region, *zone_ids = line.split()
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        for (name, suffixes), zone_id in zip(_COLUMNS, zone_ids, strict=True):
            for suffix in suffixes if zone_id != "-" else ():
                types = _ADDRESSES if name not in _A_ONLY else frozenset({"A"})
                yield zone_id, Service(f"{name} {region}", parse(suffix.format(region, domain)), types=types)


def _app_runner() -> Iterable[tuple[str, Service]]:
    for line in _APP_RUNNER.strip().splitlines():
        region, zone_id = line.split()
        yield zone_id, Service(f"App Runner {region}", parse(f"{region}.awsapprunner.com"))


_A_ONLY = ("Elastic Beanstalk", "S3 website")
# Of each column below: the service, and what its names end with in a region and its domain.
_COLUMNS = (
    ("load balancer", ("{0}.elb.{1}",)),
    ("network load balancer", ("elb.{0}.{1}",)),
    ("API Gateway", ("execute-api.{0}.{1}",)),
    ("VPC endpoint", ("{0}.vpce.{1}",)),
    ("Elastic Beanstalk", ("{0}.elasticbeanstalk.com",)),
    ("S3 website", ("s3-website-{0}.{1}", "s3-website.{0}.{1}")),
)
_REGIONS = """
af-south-1 Z268VQBMOI5EKX Z203XCE67M25HM Z2DHW2332DAMTN Z09302161J80N9A7UTP7U Z1EI3BVKMKK4AM Z11KHD8FBVPUYU
ap-east-1 Z3DQVH9N71FHZ0 Z12Y7K3UBGUAD1 Z3FD1VL90ND7K5 Z2LIHJ7PKBEMWN ZPWYUBWRU171A ZNB98KWMFR0R6
ap-east-2 Z02789141MW7T1WBU19PO Z09176273OC2HWIAUNYW Z02909591O7FG9Q56HWB1 - - Z064739330DAH7WJVOO93
ap-northeast-1 Z14GRHDCWA56QT Z31USIVHYNEOWT Z1YSHQZHG15GKL Z2E726K9Y6RL4W Z1R25G3KIG2GBW Z2M4EHUR26P7ZW
ap-northeast-2 ZWKZPGTI48KDX ZIBE1TIR4HY56 Z20JF4UZKIW1U8 Z27UANNT0PRK1T Z3JE5OI70TWKCP Z3W03O7B5YMIYP
ap-northeast-3 Z5LXEXXYW11ES Z1GWIQ4HH19I5X Z22ILHG95FLSZ2 Z376B5OMM2JZL2 ZNE5GEY1TIAGY Z2YQB5RD63NC85
ap-south-1 ZP97RAFLXTNZK ZVDDRBQ08TROA Z3VO1THU9YC4UR Z2KVTB3ZLFM7JR Z18NTBI3Y7N9TZ Z11RGJOFQNVJUP
ap-south-2 Z0173938T07WNTVAEPZN Z0711778386UTO08407HT Z0853509Q1135NJ66RUH Z0952991RWSF5AHIQDIY Z10223522IBWPBF2C2FJS Z02976202B4EZMXIPMXF7
ap-southeast-1 Z1LMS91P8CMLE5 ZKVM4W9LS7TM ZL327KTPIQFUL Z18LLCSTV4NVNL Z16FZ9L249IFLT Z3O0J2DXBE1FTB
ap-southeast-2 Z1GM3OXH4ZPM65 ZCT6FZBF4DROD Z2RPCDW04V8134 ZDK2GCRPAFKGO Z2PCDNR3VC2G1N Z1WCIGYICN2BYD
ap-southeast-3 Z08888821HLRG5A9ZRTER Z01971771FYVNCOVWJU1G Z10132843TYUYSLUG4HA3 Z03881013RZ9BYYZO8N5W Z05913172VM7EAZB40TA8 Z01846753K324LI26A3VV
ap-southeast-4 Z09517862IB2WZLPXG76F Z01156963G8MIIL7X90IV Z092189423Y7RJK61311D Z07508191CO1RNBX3X3AU Z0666869LC74UHAO5YE4 Z0312387243XT5FE14WFO
ap-southeast-5 Z06010284QMVVW7WO5J Z026317210H9ACVTRO6FB Z0314042F0KBUTZ3X5HF - Z01812971H0QCYWSL7WOH Z08660063OXLMA7F1FJHU
ap-southeast-6 Z023301818UFJ50CIO0MV Z01392953RKV2Q3RBP0KU - - Z01144401H1NECCLJDD4D Z05686083R66JX5C163TC
ap-southeast-7 Z0390008CMBRTHFGWBCB Z054363131YWATEMWRG5L Z048508712PZLK5NKG8R0 - Z08384933QM5LSQCVMNZM Z0031014GXUMRZG6I14G
ca-central-1 ZQSVJUPU6J1EY Z2EPGBW3API2WT Z19DQILCV0OWEC ZRCXCF510Y6P9 ZJFCZL7SSZB5I Z1QDHH18159H29
ca-west-1 Z06473681N0SF6OS049SD Z02754302KBB00W2LKWZ9 Z04745493436AWVTG1OQY - Z1021028356Y0CYS11DQI Z03565811Z33SLEZTHOUL
cn-north-1 Z1GDH35T77C1KE Z3QFB96KMJ7ED6 - - - Z5CN8UMXT92WN
cn-northwest-1 ZM7IZAIOVVDZF ZQEIKTCZ8352D - - - Z282HJ1KT0DH03
eu-central-1 Z215JYRZR1TBD5 Z3F0SRJ5LGBH90 Z1U9ULNL0V5AJ3 Z273ZU8SZ5RJPC Z1FRNW7UH4DEZJ Z21DNDUVLTQW6Q
eu-central-2 Z06391101F2ZOEP8P5EB3 Z02239872DOALSIDCX66S Z09222482MK253X48U76H Z045369019J4FUQ4S272E Z00227012FSHBMZNNSJJI Z030506016YDQGETNASS
eu-north-1 Z23TAZ6LKFMNIO Z1UDT6IFJ4EJM Z3UWIKFBOOGXPP Z3OWWK6JFDEDGC Z23GO28BZ5AETM Z3BAZG2TWCNX0D
eu-south-1 Z3ULH7SSC9OV64 Z23146JA1KNAFP Z3BT4WSQ9TDYZV Z2A5FDNRLY7KZG Z10VDYYOA2JFKM Z3IXVV8C73GIO3
eu-south-2 Z0956581394HF5D5LXGAP Z1011216NVTVYADP1SSV Z02499852UI5HEQ5JVWX3 Z014396544HENR57XQCJ Z0243492AO4B9S3KI68O Z0081959F7139GRJC19J
eu-west-1 Z32O12XQLNTSW2 Z2IFOLAFXWLO4F ZLY8HYME6SFDD Z38GZ743OKFT7T Z2NYPWQ7DFZAZH Z1BKCTXD74EZPE
eu-west-2 ZHURV8PSTC4K8 ZD4D7Y8KGAS4G ZJ5UAJN8Y3Z2Q Z7K1066E3PUKB Z1GKAAAUGATPF1 Z3GKZC51ZF0DB4
eu-west-3 Z3Q77PNBQS71R4 Z1CMS0P5QUZ6D5 Z3KY65QIEKYHQQ Z1DWHTMFP0WECP Z5WN6GAYWG5OB Z3R1K369G5AVDG
il-central-1 Z09170902867EHPV2DABU Z0313266YDI6ZRHTGQY4 Z07264553HBI44N5X2CKP - Z02941091PERNCB1MI5H7 Z09640613K4A3MN55U7GU
me-central-1 Z08230872XQRWHG2XF6I Z00282643NTTLPANJJG2P Z08780021BKYYY8U0YHTV Z07122992YCEUCB9A9570 Z0650511N84AAKGW7QUK Z06143092I8HRXZRUZROF
me-south-1 ZS929ML54UICD Z3QSRYVP46NYYV Z20ZBPC0SS8806 Z3B95P3VBGEQGY Z2BBTEKR2I36N2 Z1MPMWCPA7YB62
mx-central-1 Z023552324OKD1BB28BH5 Z02031231H3ID6HYJ9A7U Z00020171WIGL5M88SHRM - - Z057606446ZNVQJJ8WOP
sa-east-1 Z2P70J7HTTTPLU ZTK26PT1VY4CU ZCMLWB8V5SYIT Z2LXUWEVLCVZIB Z10X7K2B4QSOFV Z7KQH4QJS55SO
us-east-1 Z35SXDOTRQ7X7K Z26RNL4JYFTOTI Z1UJRXOUMOOFQ8 Z7HUB22UULQXV Z117KPS5GTRQ2G Z3AQBSTGFYJSTF
us-east-2 Z3AADJGX6KTTL2 ZLMOA37VPKANP ZOJJZC49E0EPZ ZC8PG0KIFKBRI Z14LCN19Q5QHIC Z2O1EMRO9K5GLX
us-gov-east-1 Z166TLBEWOO7G0 Z1ZSMQQ6Q24QQ8 Z3SE9ATJYCRCZJ Z2MU5TEIGO9WXB Z35TSARG0EJ4VU Z2NIFVYYW2VKV1
us-gov-west-1 Z33AYJ8TM3BH4J ZMG1MZ2THAWF1 Z1K6XKP9SAGWDV Z12529ZODG2B6H Z4KAURWC4UUUG Z31GFT0UA1I2HV
us-west-1 Z368ELLRRE2KJ0 Z24FKFUX50B4VW Z2MUQ32089INYE Z12I86A8N7VCZO Z1LQECGX5PH1X Z2F56UZL2M1ACD
us-west-2 Z1H1FL5HABSF5 Z18D5FSROUN65G Z2OJLYMUO9EFXC Z1YSA3EXCYUU9Z Z38NKT9BP95V3O Z3BJ6K6RIION7M
"""  # noqa: E501 - a region a line
_APP_RUNNER = """
ap-northeast-1 Z08491812XW6IPYLR6CCA
ap-south-1 Z00855883LBHKTIC4ODF2
ap-southeast-1 Z09819469CZ3KQ8PWMCL
ap-southeast-2 Z03657752RA8799S0TI5I
eu-central-1 Z0334911C2FDI2Q9M4FZ
eu-west-1 Z087551914Z2PCAU0QHMW
eu-west-2 Z098228427VC6B3IX76ON
eu-west-3 Z087117439MBKHYM69QS6
us-east-1 Z01915732ZBZKC8D32TPT
us-east-2 Z0224347AD7KVHMLOX31
us-west-2 Z02243383FTQ64HJ5772Q
"""
