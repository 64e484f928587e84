"""States and provinces by their time zone, for the countries in which it differs from one to the other.

A state that is split has the zone of most of its people; see ``zone_cities`` for the rest. Each has its code and names,
``=`` between them.
"""

STATES: dict[str, dict[str, str]] = {
    "US": {
        "America/New_York": """
            CT=Connecticut; DE=Delaware; DC=District of Columbia=Washington DC=Washington D.C.=D.C.; FL=Florida;
            GA=Georgia; IN=Indiana; KY=Kentucky; ME=Maine; MD=Maryland; MA=Massachusetts; MI=Michigan;
            NH=New Hampshire; NJ=New Jersey; NY=New York=New York State; NC=North Carolina; OH=Ohio; PA=Pennsylvania;
            RI=Rhode Island; SC=South Carolina; VT=Vermont; VA=Virginia; WV=West Virginia
            """,
        "America/Chicago": """
            AL=Alabama; AR=Arkansas; IL=Illinois; IA=Iowa; KS=Kansas; LA=Louisiana; MN=Minnesota; MS=Mississippi;
            MO=Missouri; NE=Nebraska; ND=North Dakota; OK=Oklahoma; SD=South Dakota; TN=Tennessee; TX=Texas;
            WI=Wisconsin
            """,
        "America/Denver": "CO=Colorado; MT=Montana; NM=New Mexico; UT=Utah; WY=Wyoming",
        "America/Boise": "ID=Idaho",
        "America/Phoenix": "AZ=Arizona",
        "America/Los_Angeles": "CA=California=Calif.; NV=Nevada; OR=Oregon; WA=Washington=Washington State",
        "America/Anchorage": "AK=Alaska",
        "Pacific/Honolulu": "HI=Hawaii=Hawai'i",
        "America/Puerto_Rico": "PR=Puerto Rico",
        "America/St_Thomas": "VI=Virgin Islands=U.S. Virgin Islands=US Virgin Islands",
        "Pacific/Guam": "GU=Guam",
        "Pacific/Pago_Pago": "AS=American Samoa",
        "Pacific/Saipan": "MP=Northern Mariana Islands",
    },
    "CA": {
        "America/St_Johns": "NL=Newfoundland and Labrador=Newfoundland=NF=Terre-Neuve-et-Labrador",
        "America/Halifax": """
            NB=New Brunswick=Nouveau-Brunswick; NS=Nova Scotia=Nouvelle-Écosse;
            PE=Prince Edward Island=PEI=Île-du-Prince-Édouard
            """,
        "America/Toronto": "ON=Ontario; QC=Quebec=Québec=PQ",
        "America/Winnipeg": "MB=Manitoba",
        "America/Regina": "SK=Saskatchewan",
        "America/Edmonton": "AB=Alberta; NT=Northwest Territories=Territoires du Nord-Ouest",
        "America/Vancouver": "BC=British Columbia=Colombie-Britannique",
        "America/Whitehorse": "YT=Yukon=Yukon Territory",
        "America/Iqaluit": "NU=Nunavut",
    },
    "AU": {
        "Australia/Sydney": "NSW=New South Wales; ACT=Australian Capital Territory",
        "Australia/Melbourne": "VIC=Victoria",
        "Australia/Brisbane": "QLD=Queensland",
        "Australia/Adelaide": "SA=South Australia",
        "Australia/Darwin": "NT=Northern Territory",
        "Australia/Perth": "WA=Western Australia",
        "Australia/Hobart": "TAS=Tasmania",
    },
    "BR": {
        "America/Sao_Paulo": """
            SP=São Paulo; RJ=Rio de Janeiro; MG=Minas Gerais; ES=Espírito Santo; PR=Paraná; SC=Santa Catarina;
            RS=Rio Grande do Sul; GO=Goiás; DF=Distrito Federal=Federal District
            """,
        "America/Bahia": "BA=Bahia",
        "America/Fortaleza": "CE=Ceará; RN=Rio Grande do Norte; PB=Paraíba; PI=Piauí; MA=Maranhão",
        "America/Recife": "PE=Pernambuco",
        "America/Maceio": "AL=Alagoas; SE=Sergipe",
        "America/Belem": "PA=Pará; AP=Amapá",
        "America/Araguaina": "TO=Tocantins",
        "America/Cuiaba": "MT=Mato Grosso",
        "America/Campo_Grande": "MS=Mato Grosso do Sul",
        "America/Manaus": "AM=Amazonas",
        "America/Porto_Velho": "RO=Rondônia",
        "America/Boa_Vista": "RR=Roraima",
        "America/Rio_Branco": "AC=Acre",
    },
    "MX": {
        "America/Mexico_City": """
            CMX=Ciudad de México=Mexico City=Distrito Federal=CDMX=DF; AGU=Aguascalientes=AGS; CHP=Chiapas=CHIS;
            COL=Colima; GRO=Guerrero; GUA=Guanajuato=GTO; HID=Hidalgo=HGO; JAL=Jalisco;
            MEX=Estado de México=México=State of Mexico=Edomex; MIC=Michoacán=MICH=Michoacán de Ocampo; MOR=Morelos;
            OAX=Oaxaca; PUE=Puebla; QUE=Querétaro=QRO; SLP=San Luis Potosí; TAB=Tabasco; TLA=Tlaxcala=TLAX;
            VER=Veracruz=Veracruz de Ignacio de la Llave; ZAC=Zacatecas
            """,
        "America/Monterrey": """
            NLE=Nuevo León=NL; COA=Coahuila=COAH=Coahuila de Zaragoza; DUR=Durango=DGO; TAM=Tamaulipas=TAMPS
            """,
        "America/Merida": "YUC=Yucatán; CAM=Campeche=CAMP",
        "America/Cancun": "ROO=Quintana Roo=Q. Roo=QROO",
        "America/Chihuahua": "CHH=Chihuahua=CHIH",
        "America/Hermosillo": "SON=Sonora",
        "America/Mazatlan": "SIN=Sinaloa; NAY=Nayarit; BCS=Baja California Sur",
        "America/Tijuana": "BCN=Baja California=BC",
    },
    "RU": {
        "Europe/Kaliningrad": "KGD=Kaliningrad=Калининградская",
        "Europe/Moscow": """
            MOW=Moscow=Москва; MOS=Московская; SPE=Saint Petersburg=St. Petersburg=Санкт-Петербург;
            LEN=Leningrad=Ленинградская; AD=Adygea=Адыгея; ARK=Arkhangelsk=Архангельская; BEL=Belgorod=Белгородская;
            BRY=Bryansk=Брянская; VLA=Vladimir=Владимирская; VLG=Vologda=Вологодская; VOR=Voronezh=Воронежская;
            DA=Dagestan=Дагестан; IVA=Ivanovo=Ивановская; IN=Ingushetia=Ингушетия;
            KB=Kabardino-Balkaria=Кабардино-Балкарская; KL=Kalmykia=Калмыкия; KLU=Kaluga=Калужская;
            KC=Karachay-Cherkessia=Карачаево-Черкесская; KR=Karelia=Карелия; KIR=Kirov=Кировская; KO=Komi=Коми;
            KOS=Kostroma=Костромская; KDA=Krasnodar=Краснодарский; KRS=Kursk=Курская; LIP=Lipetsk=Липецкая;
            ME=Mari El=Марий Эл; MO=Mordovia=Мордовия; MUR=Murmansk=Мурманская; NEN=Nenets=Ненецкий;
            NIZ=Nizhny Novgorod=Нижегородская; NGR=Novgorod=Новгородская; ORL=Oryol=Орловская; PNZ=Penza=Пензенская;
            PSK=Pskov=Псковская; ROS=Rostov=Ростовская; RYA=Ryazan=Рязанская; SE=North Ossetia=Северная Осетия;
            SMO=Smolensk=Смоленская; STA=Stavropol=Ставропольский; TAM=Tambov=Тамбовская; TA=Tatarstan=Татарстан;
            TVE=Tver=Тверская; TUL=Tula=Тульская; CE=Chechnya=Чеченская; CU=Chuvashia=Чувашская=Чувашия;
            YAR=Yaroslavl=Ярославская
            """,
        "Europe/Volgograd": "VGG=Volgograd=Волгоградская",
        "Europe/Astrakhan": "AST=Astrakhan=Астраханская",
        "Europe/Saratov": "SAR=Saratov=Саратовская",
        "Europe/Ulyanovsk": "ULY=Ulyanovsk=Ульяновская",
        "Europe/Samara": "SAM=Samara=Самарская; UD=Udmurtia=Удмуртская=Удмуртия",
        "Asia/Yekaterinburg": """
            SVE=Sverdlovsk=Свердловская; CHE=Chelyabinsk=Челябинская; BA=Bashkortostan=Башкортостан;
            PER=Perm=Пермский; ORE=Orenburg=Оренбургская; KGN=Kurgan=Курганская; TYU=Tyumen=Тюменская;
            KHM=Khanty-Mansi=Khanty-Mansiysk=Ханты-Мансийский; YAN=Yamalo-Nenets=Ямало-Ненецкий
            """,
        "Asia/Omsk": "OMS=Omsk=Омская",
        "Asia/Novosibirsk": "NVS=Novosibirsk=Новосибирская",
        "Asia/Barnaul": "ALT=Altai Krai=Алтайский; AL=Altai Republic=Алтай",
        "Asia/Tomsk": "TOM=Tomsk=Томская",
        "Asia/Novokuznetsk": "KEM=Kemerovo=Кемеровская=Kuzbass",
        "Asia/Krasnoyarsk": "KYA=Krasnoyarsk=Красноярский; KK=Khakassia=Хакасия; TY=Tuva=Тыва",
        "Asia/Irkutsk": "IRK=Irkutsk=Иркутская; BU=Buryatia=Бурятия",
        "Asia/Chita": "ZAB=Zabaykalsky=Забайкальский",
        "Asia/Yakutsk": "SA=Sakha=Yakutia=Саха=Саха (Якутия)=Якутия; AMU=Amur=Амурская",
        "Asia/Vladivostok": """
            PRI=Primorsky=Приморский; KHA=Khabarovsk=Хабаровский; YEV=Jewish Autonomous=Еврейская автономная
            """,
        "Asia/Sakhalin": "SAK=Sakhalin=Сахалинская",
        "Asia/Magadan": "MAG=Magadan=Магаданская",
        "Asia/Kamchatka": "KAM=Kamchatka=Камчатский",
        "Asia/Anadyr": "CHU=Chukotka=Чукотский",
    },
    "ID": {
        "Asia/Jakarta": """
            JK=DKI Jakarta=Jakarta; JB=Jawa Barat=West Java; JT=Jawa Tengah=Central Java; JI=Jawa Timur=East Java;
            BT=Banten; YO=DI Yogyakarta=Yogyakarta=Daerah Istimewa Yogyakarta; AC=Aceh;
            SU=Sumatera Utara=North Sumatra; SB=Sumatera Barat=West Sumatra; SS=Sumatera Selatan=South Sumatra;
            RI=Riau; KR=Kepulauan Riau=Riau Islands; JA=Jambi; BE=Bengkulu; LA=Lampung;
            BB=Bangka Belitung=Kepulauan Bangka Belitung
            """,
        "Asia/Pontianak": "KB=Kalimantan Barat=West Kalimantan; KT=Kalimantan Tengah=Central Kalimantan",
        "Asia/Makassar": """
            BA=Bali; NB=Nusa Tenggara Barat=West Nusa Tenggara; NT=Nusa Tenggara Timur=East Nusa Tenggara;
            KS=Kalimantan Selatan=South Kalimantan; KI=Kalimantan Timur=East Kalimantan;
            KU=Kalimantan Utara=North Kalimantan; SN=Sulawesi Selatan=South Sulawesi;
            SA=Sulawesi Utara=North Sulawesi; ST=Sulawesi Tengah=Central Sulawesi;
            SG=Sulawesi Tenggara=Southeast Sulawesi; SR=Sulawesi Barat=West Sulawesi; GO=Gorontalo
            """,
        "Asia/Jayapura": "MA=Maluku; MU=Maluku Utara=North Maluku; PA=Papua; PB=Papua Barat=West Papua",
    },
    "CD": {
        "Africa/Kinshasa": """
            KN=Kinshasa; BC=Kongo Central=Bas-Congo; EQ=Équateur; KG=Kwango; KL=Kwilu; MN=Mai-Ndombe; MO=Mongala;
            NU=Nord-Ubangi; SU=Sud-Ubangi; TU=Tshuapa
            """,
        "Africa/Lubumbashi": """
            HK=Haut-Katanga=Katanga; LU=Lualaba; HL=Haut-Lomami; TA=Tanganyika; NK=Nord-Kivu=North Kivu;
            SK=Sud-Kivu=South Kivu; MA=Maniema; IT=Ituri; TO=Tshopo; BU=Bas-Uele; HU=Haut-Uele; KC=Kasaï-Central;
            KS=Kasaï; KE=Kasaï-Oriental; LO=Lomami; SA=Sankuru
            """,
    },
    "ES": {
        "Atlantic/Canary": """
            CN=Canarias=Islas Canarias=Canary Islands; GC=Las Palmas; TF=Santa Cruz de Tenerife=Tenerife
            """,
        "Africa/Ceuta": "CE=Ceuta; ML=Melilla",
    },
    "PT": {
        "Atlantic/Azores": "20=Açores=Azores=Região Autónoma dos Açores",
        "Atlantic/Madeira": "30=Madeira=Região Autónoma da Madeira",
    },
    "CL": {
        "America/Punta_Arenas": "MA=Magallanes=Magallanes y de la Antártica Chilena=XII",
        "America/Coyhaique": "AI=Aysén=Aisén=Aysén del General Carlos Ibáñez del Campo=XI",
        "Pacific/Easter": "Isla de Pascua=Easter Island=Rapa Nui",
    },
    "EC": {
        "Pacific/Galapagos": "W=Galápagos",
    },
    "MN": {
        "Asia/Hovd": "043=Khovd=Hovd; 071=Bayan-Ölgii; 046=Uvs",
    },
    "NZ": {
        "Pacific/Chatham": "CIT=Chatham Islands",
    },
    "PG": {
        "Pacific/Bougainville": "NSB=Bougainville=Autonomous Region of Bougainville",
    },
    "UA": {
        "Europe/Simferopol": "43=Crimea=Крим=Крым; 40=Sevastopol=Севастополь",
    },
    "FM": {
        "Pacific/Chuuk": "TRK=Chuuk; YAP=Yap",
        "Pacific/Pohnpei": "PNI=Pohnpei",
        "Pacific/Kosrae": "KSA=Kosrae",
    },
    "PF": {
        "Pacific/Marquesas": "M=Marquesas=Îles Marquises",
        "Pacific/Gambier": "G=Gambier=Îles Gambier",
    },
}
"""By country and zone the states that keep that time, the code first."""

MAINLAND = {
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "GL": "America/Nuuk",
    "MN": "Asia/Ulaanbaatar",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "XK": "Europe/Belgrade",
}
"""The zone of a country whose other zones are those of islands and borderlands, where hardly anybody lives, and of
Kosovo, which tzdata does not list."""
